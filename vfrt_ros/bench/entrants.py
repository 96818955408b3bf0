# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The contestants: each function prepares a step that handles the next of some frames."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

import cv2
from std_msgs.msg import Header

from vfrt_ros.bench.materials import EXAMPLES, LABELS, SIZE, encoders_of, frames, recogniser
from vfrt_ros.core.types.decision import Decision
from vfrt_ros.nodes.conversions import frame_from_image, image_from_frame

Step = Callable[[], Any]


def messages(size: tuple[int, int] = SIZE) -> list[Any]:
    """Image messages of the frames."""
    return [image_from_frame(frame, Header()) for frame in frames(size=tuple(size))]


def reference(folder: str, examples: int = EXAMPLES, labels: int = LABELS) -> Step:
    """The loop that people write, frame to decision and overlay."""
    return looped(folder, examples=examples, labels=labels)


def looped(folder: str, **options: Any) -> Step:
    """A `ReferenceLoop` with these options."""
    from vfrt_ros.bench.reference import ReferenceLoop

    loop, coming = ReferenceLoop(folder, **options), cycle(messages())
    return lambda: loop.on_image(next(coming))


def vfrt(
    backbone: str,
    precision: str = "auto",
    runtime: str = "auto",
    examples: int = EXAMPLES,
    labels: int = LABELS,
    size: tuple[int, int] = SIZE,
) -> Step:
    """Ours, frame to decision."""
    made = recogniser(backbone, precision=precision, runtime=runtime, examples=examples, labels=labels)
    coming = cycle(messages(size))

    def step() -> Decision:
        return made.recognise(frame_from_image(next(coming)))

    return step


def encoder(backbone: str, precision: str = "auto", runtime: str = "auto") -> Step:
    """The bare encoder: picture to embedding."""
    made = encoders_of(backbone, precision, runtime).backbone
    coming = cycle([cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) for frame in frames()])
    return lambda: made.encode_images([next(coming)])
