# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Write the demo of objects as a film with its true boxes, in COCO's layout, to measure `regions: motion` on it.

python -m tools.objects_film build/film && vfrt eval --objects build/film --regions motion --fps 5 --ways 3 --shots 3
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from vfrt_ros.core.sources.demo_objects import DemoObjectsSource

SIZE = (640, 480)
FPS = 5
LEAST_SHARE = 0.25
"""Of a thing's own width, that must be in the picture to be asked for."""
NOISE, QUALITY = 3.0, 90
"""Standard deviation in grey levels of the camera's noise, and quality of its JPEGs."""


def main() -> None:
    """Write pictures and `annotations.json`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument(
        "--light", type=float, default=1.25, help="by which the second half is brighter (default: 1.25)"
    )
    arguments = parser.parse_args()
    write(arguments.folder, arguments.seconds, arguments.light)


def write(folder: Path, seconds: float, light: float) -> None:
    """Write the film's pictures and their boxes.

    Args:
        folder: Is made where it is missing.
        seconds: Length of the film.
        light: The second half of the film is so many times as bright.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source, noise = DemoObjectsSource(size=SIZE, fps=float(FPS)), np.random.default_rng(0)
    names: dict[str, int] = {}
    widest: dict[str, int] = {}
    images: list[dict[str, object]] = []
    annotations: list[dict[str, Any]] = []
    for number in tqdm(range(round(FPS * seconds)), unit="picture"):
        time = number / FPS
        brightness = light if time > seconds / 2 else 1.0
        picture = brightness * source.picture_at(time) + noise.normal(0, NOISE, (SIZE[1], SIZE[0], 1))
        name = f"{number:05d}.jpg"
        cv2.imwrite(
            str(folder / name), np.clip(picture, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
        )
        images.append({"id": number, "file_name": name, "width": SIZE[0], "height": SIZE[1]})
        for label, box in source.things_at(time):
            widest[label] = max(widest.get(label, 0), box[2])
            annotations.append(
                {
                    "id": len(annotations),
                    "image_id": number,
                    "category_id": names.setdefault(label, len(names)),
                    "bbox": box,
                }
            )
    least = {names[label]: LEAST_SHARE * width for label, width in widest.items()}
    content = {
        "images": images,
        "annotations": [each for each in annotations if each["bbox"][2] >= least[each["category_id"]]],
        "categories": [{"id": number, "name": label} for label, number in names.items()],
    }
    (folder / "annotations.json").write_text(json.dumps(content))


if __name__ == "__main__":
    main()
