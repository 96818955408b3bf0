# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Track numbers: the same thing has the same number from picture to picture."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vfrt_ros.core.types.region import LARGEST_ID, Box, Region

LEAST_OVERLAP = 0.2
"""Intersection over union of a box with where its track was expected."""
LOST_AFTER = 2.0
"""Seconds without a box after which a track has ended."""
OWN_FROM = 3 * 2**30
"""Our own numbers begin here beside a sender's: senders count from 0 or 2**31 up, or, below zero, from 2**32 down."""
_USUAL_STEP = 1 / 30
_STEADY = 0.5
"""Share of the newest step in a track's velocity."""


@dataclass(slots=True)
class _Track:
    """A thing in view: its last box, when it was seen, whose number it has, and how it moves, in pixels a second."""

    box: Box
    seen: float
    is_ours: bool
    across: float = 0.0
    down: float = 0.0

    def expected(self, now: float) -> Box:
        """Where it should be now, at its last speed."""
        passed = now - self.seen
        box = self.box
        return Box(
            round(box.x + passed * self.across), round(box.y + passed * self.down), box.width, box.height
        )

    def move(self, box: Box, now: float) -> None:
        """It was seen here."""
        passed = now - self.seen
        if passed > 0:
            (x, y), (old_x, old_y) = box.centre, self.box.centre
            self.across += _STEADY * ((x - old_x) / passed - self.across)
            self.down += _STEADY * ((y - old_y) / passed - self.down)
        self.box, self.seen = box, now


class Tracker:
    """Numbers the regions of one camera.

    A sender's number is kept; a track of ours that has it ends. Other regions go to the track whose expected box they
    overlap most, the best pair first (the matching of the IOU tracker of Bochinski et al., "High-Speed
    Tracking-by-Detection Without Using Image Information", 2017, with a constant velocity). Why no library:
    docs/objects.md.

    Threads: not safe; one thread calls everything.

    >>> tracker = Tracker()
    >>> tracker.number([Region(Box(0, 0, 40, 40)), Region(Box(90, 0, 40, 40))], 0.0)
    [1, 2]
    >>> tracker.number([Region(Box(92, 2, 40, 40)), Region(Box(4, 0, 40, 40)), Region(Box(0, 90, 20, 20))], 0.1)
    [2, 1, 3]
    """

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}
        self._next = 1
        self._now = 0.0
        self._begun: frozenset[int] = frozenset()

    @property
    def alive(self) -> frozenset[int]:
        """The numbers of the tracks that have not ended."""
        return frozenset(self._tracks)

    @property
    def begun(self) -> frozenset[int]:
        """The numbers of the tracks that began with the last picture; one that had ended may be among them."""
        return self._begun

    def number(self, regions: Sequence[Region], stamp: float | None) -> list[int]:
        """The track of each region, at least 1.

        Args:
            regions: Of one picture.
            stamp: Its seconds; None counts as 1/30 s after the last. Where time runs backwards, all tracks end.
        """
        now = self._now + _USUAL_STEP if stamp is None else stamp
        if now < self._now:
            self._tracks.clear()
        self._now = now
        self._tracks = {
            number: track for number, track in self._tracks.items() if now - track.seen <= LOST_AFTER
        }
        numbers = self._senders(regions)
        free = {number: track.expected(now) for number, track in self._tracks.items()}
        for number in numbers.values():
            free.pop(number, None)
        numbers |= _nearest({i: region.box for i, region in enumerate(regions) if i not in numbers}, free)
        ours = set(range(len(regions))) - numbers.keys()
        for i in sorted(ours):
            numbers[i] = self._fresh(numbers.values())
        self._begun = frozenset(numbers.values()) - self._tracks.keys()
        for i, region in enumerate(regions):
            number = numbers[i]
            if number in self._tracks:
                self._tracks[number].move(region.box, now)
            else:
                self._tracks[number] = _Track(region.box, now, is_ours=i in ours)
        return [numbers[i] for i in range(len(regions))]

    def reset(self) -> None:
        """All tracks end; numbers are not used again."""
        self._tracks.clear()

    def _senders(self, regions: Sequence[Region]) -> dict[int, int]:
        """Index to number of the regions that have the sender's; one that stands twice is the first one's."""
        first: dict[int, int] = {}
        for i, region in enumerate(regions):
            if region.id:
                first.setdefault(region.id, i)
        if first and self._next < OWN_FROM:
            self._tracks.clear()
            self._next = OWN_FROM
        for number in first:
            if number in self._tracks and self._tracks[number].is_ours:
                del self._tracks[number]
        return {i: number for number, i in first.items()}

    def _fresh(self, taken: Collection[int]) -> int:
        """A number of ours that is in use nowhere in view, nor `taken` in this picture."""
        while True:
            if self._next > LARGEST_ID:
                self._next = OWN_FROM
            number, self._next = self._next, self._next + 1
            if number not in self._tracks and number not in taken:
                return number


def _nearest(boxes: dict[int, Box], tracks: dict[int, Box]) -> dict[int, int]:
    """Index of a box to the number of a track, the pairs that overlap most first."""
    overlaps = (
        (box.overlap(track), i, number) for i, box in boxes.items() for number, track in tracks.items()
    )
    pairs = sorted(
        (pair for pair in overlaps if pair[0] >= LEAST_OVERLAP), key=lambda pair: (-pair[0], *pair[1:])
    )
    found: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, number in pairs:
        if i not in found and number not in taken:
            found[i] = number
            taken.add(number)
    return found
