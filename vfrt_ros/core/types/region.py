# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A region: a box in a picture that something may be in, and the check of boxes that others send."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from vfrt_ros.core.types.errors import RequestError


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of whole pixels.

    Attributes:
        x, y: Of its upper left pixel; a box that was not cut to its picture may begin outside.
        width, height: Pixels.

    >>> Box(10, 20, 30, 40).area, Box(0, 0, 10, 10).overlap(Box(5, 0, 10, 10))
    (1200, 0.3333333333333333)
    """

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column behind it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.height

    @property
    def area(self) -> int:
        """Pixels; 0 where a side is not positive."""
        return max(0, self.width) * max(0, self.height)

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def cut(self, width: int, height: int) -> Box:
        """The part of it in a picture of this size; its area is 0 where there is none.

        Args:
            width, height: Of the picture, in pixels.
        """
        left, top = min(max(self.x, 0), width), min(max(self.y, 0), height)
        return Box(left, top, max(0, min(self.right, width) - left), max(0, min(self.bottom, height) - top))

    def shared(self, other: Box) -> int:
        """Pixels in both.

        Args:
            other: In the same picture.
        """
        across = min(self.right, other.right) - max(self.x, other.x)
        if across <= 0:
            return 0
        down = min(self.bottom, other.bottom) - max(self.y, other.y)
        return across * max(0, down)

    def overlap(self, other: Box) -> float:
        """Intersection over union, in [0, 1].

        Args:
            other: In the same picture.
        """
        both = self.shared(other)
        return both / (self.area + other.area - both) if both else 0.0

    def __str__(self) -> str:
        return f"{self.x},{self.y},{self.width},{self.height}"


@dataclass(frozen=True, slots=True)
class Region:
    """One box in a picture.

    Attributes:
        box: Where.
        id: The sender's track; 0 = it tracks nothing.
        score: In [0, 1], how sure the sender is; 0 = it does not say.
    """

    box: Box
    id: int = 0
    score: float = 0.0


class RegionFault(Enum):
    """The faults of a region that somebody sent; all but `NO_SCORE` leave it out."""

    OUTSIDE = "outside"
    EMPTY = "empty"
    NOT_FINITE = "not_finite"
    TOO_MANY = "too_many"
    NO_SCORE = "no_score"

    @property
    def words(self) -> str:
        """The fault for people."""
        return _WORDS[self]


_WORDS = {
    RegionFault.OUTSIDE: "it lies outside the picture",
    RegionFault.EMPTY: "it has no area",
    RegionFault.NOT_FINITE: "a number of it is NaN or infinite",
    RegionFault.TOO_MANY: "there are more than max_regions; those with the best scores are kept",
    RegionFault.NO_SCORE: "its score is NaN, which counts as none given",
}
LARGEST_ID = 2**32 - 1
FARTHEST = 2.0**31
"""Pixels beyond which a box counts as if it ended there."""


@dataclass(frozen=True, slots=True)
class CheckedRegions:
    """The regions of a picture that are left after the check.

    Attributes:
        regions: Cut to the picture, in the order in which they came.
        faults: How many had which fault.
    """

    regions: tuple[Region, ...] = ()
    faults: Counter[RegionFault] = field(default_factory=Counter)


def check_regions(
    given: Iterable[tuple[float, float, float, float, int, float]], width: int, height: int, most: int
) -> CheckedRegions:
    """Cut boxes to their picture, and leave out what cannot be used.

    Args:
        given: (x, y, width, height, id, score) each, in pixels; any number may be NaN. An id that no message holds,
            like the -1 of many trackers, counts as none.
        width, height: Of the picture, in pixels.
        most: Regions to keep: those with the best scores, the first ones among equals.

    >>> checked = check_regions([(-5, 0, 20, 10, 0, .5), (0, 0, 0, 9, 0, .9), (99, 0, 5, 5, 0, .9)], 64, 48, 20)
    >>> [str(region.box) for region in checked.regions], [(fault.value, n) for fault, n in checked.faults.items()]
    (['0,0,15,10'], [('empty', 1), ('outside', 1)])
    """
    faults: Counter[RegionFault] = Counter()
    usable: list[Region] = []
    for x, y, wide, high, number, score in given:
        if not all(map(math.isfinite, (x, y, wide, high))):
            faults[RegionFault.NOT_FINITE] += 1
            continue
        if wide <= 0 or high <= 0:
            faults[RegionFault.EMPTY] += 1
            continue
        box = _cut(x, y, wide, high, width, height)
        if not box.area:
            faults[RegionFault.OUTSIDE] += 1
            continue
        if math.isnan(score):
            faults[RegionFault.NO_SCORE] += 1
            score = 0.0
        track = int(number) if 0 < number <= LARGEST_ID else 0
        usable.append(Region(box, track, min(1.0, max(0.0, score))))
    if len(usable) > most:
        faults[RegionFault.TOO_MANY] = len(usable) - most
        usable = _best(usable, most)
    return CheckedRegions(tuple(usable), faults)


def _cut(x: float, y: float, wide: float, high: float, width: int, height: int) -> Box:
    """The pixels of a picture that a box touches."""
    right, bottom = math.ceil(min(x + wide, FARTHEST)), math.ceil(min(y + high, FARTHEST))
    left, top = (math.floor(max(-FARTHEST, min(value, FARTHEST))) for value in (x, y))
    return Box(left, top, right - left, bottom - top).cut(width, height)


def check_box(given: Sequence[float], width: int, height: int) -> Box:
    """One box that a person gave, cut to the picture.

    Args:
        given: x, y, width, height in pixels.
        width, height: Of the picture.

    Raises:
        RequestError: It has no area, or lies outside.
    """
    x, y, wide, high = given
    checked = check_regions([(x, y, wide, high, 0, 0.0)], width, height, 1)
    if checked.regions:
        return checked.regions[0].box
    fault = next(iter(checked.faults))
    raise RequestError(
        f"The box {x:g},{y:g},{wide:g},{high:g} cannot be used: {fault.words}. Expected x,y,width,height in pixels "
        f"of the picture of {width}x{height}."
    )


def _best(regions: Sequence[Region], most: int) -> list[Region]:
    """The regions with the best scores, in their own order."""
    order = sorted(range(len(regions)), key=lambda i: -regions[i].score)
    return [regions[i] for i in sorted(order[:most])]
