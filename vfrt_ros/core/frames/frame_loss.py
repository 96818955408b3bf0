# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Frames that a stream lost on the way, beside those that came.

The middleware numbers what a publisher sends and tells which numbers never came: those are lost. A number that is
skipped and was not told as lost came, and was replaced by a newer one before it was taken: the newest frame wins, and
nothing is wrong with the way. A middleware that tells nothing leaves the stamps (see `core.stamp_pace`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from vfrt_ros.core.frames.stamp_pace import StampPace, pace_of

LOSSY = 0.05
"""Share of lost frames from which on it is told."""
RECENT_S = 10
"""Seconds over which the share is taken."""
BAD_SECONDS = 3
"""Seconds among them in which frames were lost: a start or a cut cable is not a steady loss."""
STAMPS = 300


@dataclass(frozen=True, slots=True)
class Loss:
    """The frames of a stream, by what became of them.

    Attributes:
        came: Frames that were taken, since the start.
        lost: Frames that never came, since the start.
        replaced: Frames that came and were replaced by a newer one before they were taken, since the start.
        share: Lost ones of all that were sent in the last seconds, in [0, 1].
        pace: What the stamps show; None = no pace.
        is_lossy: The share is high and steady.
    """

    came: int
    lost: int
    replaced: int
    share: float
    pace: StampPace | None
    is_lossy: bool


class FrameLoss:
    """Counts the frames of one stream; one thread uses it."""

    def __init__(self) -> None:
        self._came = self._replaced = self._skipped = 0
        self._lost = 0.0
        self._last: int | None = None
        self._skipped_before = 0.0
        self._is_told = True
        self._stamps: deque[float] = deque(maxlen=STAMPS)
        self._seconds: deque[tuple[int, float]] = deque(maxlen=RECENT_S)
        self._before = (0, 0.0)

    def restart(self, *, is_told: bool) -> None:
        """Another subscription begins; the totals stay.

        Args:
            is_told: The middleware tells what is lost.
        """
        self._is_told = is_told
        self._last = None
        self._stamps.clear()
        self._seconds.clear()

    def came(self, stamp: float, number: int | None) -> None:
        """A frame was taken.

        Args:
            stamp: Of the frame, in seconds.
            number: That the publisher's middleware gave it; None = none.
        """
        self._came += 1
        self._stamps.append(stamp)
        if number is not None:
            # A smaller one comes from another publisher, or from one that has begun anew.
            if self._last is None:
                # What was lost before the first one is in no gap between numbers.
                self._skipped_before = self._skipped - self._lost - self._replaced
            elif number > self._last + 1:
                self._skipped += number - self._last - 1
            self._last = number

    def lost(self, count: int) -> None:
        """The middleware tells that so many frames never came."""
        self._lost += count

    def look(self) -> Loss:
        """How it is now; to be called once a second."""
        pace = pace_of(self._stamps)
        self._count_replaced()
        came, lost = self._came + self._replaced - self._before[0], self._lost - self._before[1]
        if not self._is_told and pace is not None:
            lost = came * pace.share / (1 - pace.share)
            self._lost += lost
        self._before = self._came + self._replaced, self._lost
        self._seconds.append((came, lost))
        came, lost = (sum(column) for column in zip(*self._seconds, strict=True))
        bad = sum(missing >= LOSSY * (missing + there) > 0 for there, missing in self._seconds)
        share = lost / (came + lost) if lost else 0.0
        return Loss(
            self._came,
            round(self._lost),
            self._replaced,
            share,
            pace,
            share >= LOSSY and bad >= BAD_SECONDS,
        )

    def _count_replaced(self) -> None:
        """Skipped numbers that were not told as lost, as far as is known; it never becomes less."""
        if self._is_told:
            beyond = self._skipped - self._skipped_before - self._lost
            self._replaced = max(self._replaced, round(beyond))
