# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Contestants beside the recogniser: each function prepares a step that handles the next of some frames."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import cv2

from vfrt_ros.bench.entrants import Step, messages
from vfrt_ros.bench.materials import EXAMPLES, LABELS, encoders_of, frames


def reference(folder: str, examples: int = EXAMPLES, labels: int = LABELS) -> Step:
    """The loop that people write, frame to decision and overlay."""
    return looped(folder, examples=examples, labels=labels)


def looped(folder: str, **options: Any) -> Step:
    """A `ReferenceLoop` with these options."""
    from vfrt_ros.bench.reference import ReferenceLoop

    loop, coming = ReferenceLoop(folder, **options), cycle(messages())
    return lambda: loop.on_image(next(coming))


def encoder(backbone: str, precision: str = "auto", runtime: str = "auto") -> Step:
    """The bare encoder: picture to embedding."""
    made = encoders_of(backbone, precision, runtime).backbone
    coming = cycle([cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) for frame in frames()])
    return lambda: made.encode_images([next(coming)])
