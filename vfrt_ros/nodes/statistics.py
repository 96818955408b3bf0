"""Counts and rates of a running recognition node."""

from __future__ import annotations

import threading
from collections import Counter

SMOOTHING = 0.9
"""Share of the past in the smoothed interval between two recognitions."""


class Statistics:
    """What was seen, answered and refused.

    Threads: the worker writes, diagnostics read, each under the lock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interval = 0.0
        self._last: float | None = None
        self._refused: Counter[str] = Counter()
        self._recognised = 0
        self._unknown = 0

    def recognised(self, now: float, *, known: bool) -> float:
        """Count an answer at `now` (seconds, monotonic); returns recognitions per second, smoothed."""
        with self._lock:
            self._recognised += 1
            self._unknown += not known
            if self._last is not None:
                interval = now - self._last
                share = SMOOTHING if self._interval else 0.0
                self._interval = share * self._interval + (1 - share) * interval
            self._last = now
            return 1 / self._interval if self._interval > 0 else 0.0

    def refused(self, kind: str) -> bool:
        """Count a frame that could not be used; True for the first one of its kind."""
        with self._lock:
            self._refused[kind] += 1
            return self._refused[kind] == 1

    def snapshot(self) -> tuple[int, int, dict[str, int]]:
        """Answers, unknown ones among them, and refused frames by kind, since start."""
        with self._lock:
            return self._recognised, self._unknown, dict(self._refused)
