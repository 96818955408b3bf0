# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A hybrid logical clock: physical time where it moves forward, a counter where it does not.

Source: Kulkarni et al. 2014, "Logical Physical Clocks", https://cse.buffalo.edu/tech-reports/2014-04.pdf. The two parts
stand in one integer, as in the paper's section 6.2: milliseconds in the high bits, the counter in the low sixteen.
"""

from __future__ import annotations

import time
from collections.abc import Callable

COUNTER_BITS = 16
FARTHEST_AHEAD_SECONDS = 24 * 3600.0
"""An operation from farther in the future than this is refused: its robot's clock is wrong, and whatever it did would
win over everything done since."""


def from_seconds(seconds: float) -> int:
    """The reading for a time in seconds since the epoch, counter 0.

    Args:
        seconds: Since the epoch.

    >>> to_seconds(from_seconds(12.5))
    12.5
    """
    return max(0, int(seconds * 1000)) << COUNTER_BITS


def to_seconds(reading: int) -> float:
    """Seconds since the epoch of a reading.

    Args:
        reading: Of a hybrid clock.
    """
    return (reading >> COUNTER_BITS) / 1000.0


class HybridClock:
    """Gives readings that always increase and are later than every reading that was seen.

    Args:
        seconds: The physical clock, seconds since the epoch; it may jump.
        last: The newest reading known.

    >>> clock = HybridClock(lambda: 1.0)
    >>> first = clock.tick()
    >>> clock.saw(first + 10)
    >>> clock.tick() == first + 11
    True
    """

    def __init__(self, seconds: Callable[[], float] = time.time, last: int = 0) -> None:
        self._seconds = seconds
        self._last = last

    def tick(self) -> int:
        """A reading for something that is done now."""
        self._last = max(self._last + 1, from_seconds(self._seconds()))
        return self._last

    def saw(self, reading: int) -> None:
        """Be later than this from now on.

        Args:
            reading: Of another robot's clock, or of an older operation.
        """
        self._last = max(self._last, reading)

    def is_far_ahead(self, reading: int) -> bool:
        """Whether a reading of another robot lies more than a day in the future of the physical clock.

        Args:
            reading: Of another robot's clock.
        """
        return self.ahead(reading) > FARTHEST_AHEAD_SECONDS

    def ahead(self, reading: int) -> float:
        """Seconds by which a reading lies in the future of the physical clock.

        Args:
            reading: Of another robot's clock.
        """
        return to_seconds(reading) - self._seconds()
