# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Draws docs/objects.jpg: the demo of objects through the recogniser, as `regions: motion` sees it.

python -m tools.objects_picture docs/objects.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.report.overlay import draw_overlay
from vfrt_ros.core.sources.demo_objects import DemoObjectsSource

LABELS = ("cat", "cup of coffee", "motorcycle")
"""The rocket is not among them."""
FPS, SECONDS = 10, 17.2
QUALITY = 85


def main() -> None:
    """Look at the demo for some seconds and write the last overlay to the file that is named."""
    settings = RecognitionSettings(
        backbone="embedded", memory_path=":memory:", init_labels=LABELS, regions="motion"
    )
    source = DemoObjectsSource(size=(640, 480), fps=float(FPS))
    with Recogniser(settings) as recogniser:
        for number in range(round(FPS * SECONDS)):
            time = number / FPS
            frame = source.picture_at(time)
            decision = recogniser.recognise(frame, time)
            found = recogniser.find_regions(frame, time)
            seen = recogniser.observe_regions(frame, found.regions if found else (), time)
            objects = recogniser.decide_objects(seen, time)
    picture = draw_overlay(frame, decision, objects=objects)
    cv2.imwrite(str(Path(sys.argv[1])), picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


if __name__ == "__main__":
    main()
