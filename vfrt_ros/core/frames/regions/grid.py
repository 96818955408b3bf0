# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`regions: grid`: windows at a few scales, each of which is asked what it shows."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.region import Box, Region

SIDES = (0.75, 0.5, 0.35)
"""Sides of the square windows, as shares of the picture's short side."""
STEP = 0.5
"""Distance of neighbouring windows, as a share of their side, at most."""
MOST_WINDOWS = 256
"""Windows of a picture at most, each of which is encoded. A picture has 56 at 4:3, 160 at 32:9 and 223 at 5:1."""
SAME_PLACE = 0.3
"""Intersection over union, or half of the share of the smaller one, above which two windows show the same thing."""

_log = logging.getLogger(__name__)


class GridSource:
    """Windows over the whole picture; the answers decide which of them are objects.

    A picture that is too long for all windows is told once in the log.

    Args:
        camera: Whose pictures it sees; empty = the only one's.
    """

    searches = True

    def __init__(self, *, camera: str = "", **_: Any) -> None:
        self._camera = camera
        self._told = False

    def propose(self, bgr: npt.NDArray[np.uint8], stamp: float | None) -> list[Region]:
        """See `RegionSource.propose`."""
        height, width = bgr.shape[:2]
        boxes = windows(width, height)
        if not self._told and _is_too_long(width, height):
            self._told = True
            of_camera = f" of camera {self._camera}" if self._camera else ""
            _log.warning(
                f"The picture{of_camera} of {width}x{height} is too long for all windows of regions: grid. "
                f"It gets {len(boxes)} larger ones, so small things may be missed: crop it, or use a detector."
            )
        return [Region(box) for box in boxes]

    def reset(self) -> None:
        """It remembers nothing of the scene."""


def windows(width: int, height: int) -> list[Box]:
    """The windows of a picture, evenly spread to its edges, the largest first: `MOST_WINDOWS` at most.

    They are square. A picture that is so long that one size more would exceed the limit goes without that size and
    the smaller ones; where it is too long for any, its windows are as high as it is, and stand in one row.

    Args:
        width, height: Of the picture, in pixels.

    >>> len(windows(640, 480)), str(windows(640, 480)[0])
    (56, '0,0,360,360')
    >>> len(windows(20000, 200)), str(windows(20000, 200)[0])
    (199, '0,0,200,200')
    """
    boxes: list[Box] = []
    for share in SIDES:
        side, rows, columns = _layout(share, width, height)
        if len(boxes) + len(rows) * len(columns) > MOST_WINDOWS:
            break
        boxes += [Box(x, y, side, side) for y in rows for x in columns]
    return boxes or _one_row(width, height)


def _is_too_long(width: int, height: int) -> bool:
    """Whether a picture gets fewer windows than `SIDES` and `STEP` say."""
    layouts = [_layout(share, width, height) for share in SIDES]
    return sum(len(rows) * len(columns) for _, rows, columns in layouts) > MOST_WINDOWS


def _layout(share: float, width: int, height: int) -> tuple[int, Sequence[int], Sequence[int]]:
    """The side of the windows of a size, and where their rows and columns begin."""
    side = max(1, round(share * min(width, height)))
    return side, _places(height, side), _places(width, side)


def _one_row(width: int, height: int) -> list[Box]:
    """Windows of the short side, half of it apart; further apart, and at last longer, where those are too many."""
    short, long = min(width, height), max(width, height)
    side = max(short, -(-long // MOST_WINDOWS))
    places = _places(long, side)
    if len(places) > MOST_WINDOWS:
        places = _spread(long - side, MOST_WINDOWS - 1)
    return [Box(at, 0, side, short) if width >= height else Box(0, at, short, side) for at in places]


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
    return _spread(free, steps) if steps else [free // 2]


def _spread(free: int, steps: int) -> list[int]:
    """Places from 0 to `free`, so many steps."""
    return [round(free * i / steps) for i in range(steps + 1)]
