# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Time as the grabber sees it, so that a test can make its own."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """A clock that never goes back."""

    def now(self) -> float:
        """Seconds since some moment."""

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait for so long, or until `stop` is set; True when it is."""


class SteadyClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait for so long, or until `stop` is set; True when it is."""
        return stop.wait(max(0.0, seconds))


FIRST_S = 0.5
LONGEST_S = 10.0


class Backoff:
    """Waiting times that double.

    >>> backoff = Backoff()
    >>> [backoff.next() for _ in range(7)]
    [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    """

    def __init__(self, first: float = FIRST_S, longest: float = LONGEST_S) -> None:
        self._first = first
        self._longest = longest
        self._delay = first

    def next(self) -> float:
        """Seconds to wait this time."""
        delay = self._delay
        self._delay = min(self._longest, 2 * delay)
        return delay

    def reset(self) -> None:
        """Start with the shortest again."""
        self._delay = self._first
