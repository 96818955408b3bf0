# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The contestant of `vfrt bench`: a step that handles the next of some frames."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

from std_msgs.msg import Header

from vfrt_ros.bench.materials import EXAMPLES, LABELS, SIZE, frames, recogniser
from vfrt_ros.core.types.decision import Decision
from vfrt_ros.nodes.conversions import frame_from_image, image_from_frame

Step = Callable[[], Any]


def messages(size: tuple[int, int] = SIZE) -> list[Any]:
    """Image messages of the frames."""
    return [image_from_frame(frame, Header()) for frame in frames(size=tuple(size))]


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
