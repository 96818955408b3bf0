# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`regions: grid`: windows at a few scales, each of which is asked what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.region import Box, Region

SIDES = (0.75, 0.5, 0.35)
"""Sides of the square windows, as shares of the picture's short side."""
STEP = 0.5
"""Distance of neighbouring windows, as a share of their side, at most."""
SAME_PLACE = 0.3
"""Intersection over union, or half of the share of the smaller one, above which two windows show the same thing."""


class GridSource:
    """Square windows over the whole picture; the answers decide which of them are objects."""

    searches = True

    def __init__(self, **_: Any) -> None:
        pass

    def propose(self, bgr: npt.NDArray[np.uint8], stamp: float | None) -> list[Region]:
        """See `RegionSource.propose`."""
        return [Region(box) for box in windows(bgr.shape[1], bgr.shape[0])]

    def reset(self) -> None:
        """It remembers nothing."""


def windows(width: int, height: int) -> list[Box]:
    """The windows of a picture, evenly spread to its edges, the largest first.

    Args:
        width, height: Of the picture, in pixels.

    >>> len(windows(640, 480)), str(windows(640, 480)[0])
    (56, '0,0,360,360')
    """
    boxes = []
    for share in SIDES:
        side = max(1, round(share * min(width, height)))
        for y in _places(height, side):
            boxes += [Box(x, y, side, side) for x in _places(width, side)]
    return boxes


def best_of_each_place(boxes: Sequence[Box], scores: Sequence[float]) -> list[int]:
    """Greedy non-maximum suppression: the boxes that no better one shares its place with, best first.

    Args:
        boxes: n boxes.
        scores: n numbers, higher is better.

    Returns:
        Their indices.

    >>> best_of_each_place([Box(0, 0, 9, 9), Box(1, 0, 9, 9), Box(50, 0, 9, 9)], [0.5, 0.9, 0.4])
    [1, 2]
    """
    kept: list[int] = []
    for i in sorted(range(len(boxes)), key=lambda i: (-scores[i], i)):
        if not any(_same_place(boxes[i], boxes[j]) for j in kept):
            kept.append(i)
    return kept


def _same_place(one: Box, other: Box) -> bool:
    within = one.shared(other) / max(1, min(one.area, other.area))
    return max(one.overlap(other), within / 2) > SAME_PLACE


def _places(length: int, side: int) -> list[int]:
    """Where windows of a side begin along a length: from edge to edge."""
    free = length - side
    steps = -(-free // max(1, int(side * STEP))) if free > 0 else 0
    return [round(free * i / steps) for i in range(steps + 1)] if steps else [free // 2]
