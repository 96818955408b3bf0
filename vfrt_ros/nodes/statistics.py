# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Counts and rates of a running recognition node."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass

SMOOTHING = 0.9
"""Share of the past in the smoothed interval between two recognitions."""
RECENT = 100
"""Answers over which the share of unknown ones is taken."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts since the start.

    Attributes:
        received: Frames that arrived.
        recognised: Answers that were published.
        unknown: Share of the last 100 answers that said unknown, in [0, 1].
        last: When the last answer was given, monotonic seconds; None before the first.
        held_back: Frames left out for the sake of `publish_rate_limit`.
        refused: Frames that could not be used, by kind.
        repeated: Answers to frames that were not encoded, as they showed what the last one showed.
    """

    received: int
    recognised: int
    unknown: float
    last: float | None
    held_back: int
    refused: dict[str, int]
    repeated: int = 0


class NodeStatistics:
    """Counters of what was seen, answered and refused.

    Threads: the executor's thread and the worker write, diagnostics read, each under the lock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interval = 0.0
        self._last: float | None = None
        self._refused: Counter[str] = Counter()
        self._received = 0
        self._held_back = 0
        self._repeated = 0
        self._recognised = 0
        self._recent: deque[bool] = deque(maxlen=RECENT)

    def received(self) -> None:
        """Count a frame that arrived."""
        with self._lock:
            self._received += 1

    def held_back(self) -> None:
        """Count a frame that `publish_rate_limit` left out."""
        with self._lock:
            self._held_back += 1

    def repeated(self) -> None:
        """Count a frame that was not encoded, as it showed what the last one showed."""
        with self._lock:
            self._repeated += 1

    def recognised(self, now: float, *, known: bool) -> float:
        """Count an answer at `now` (seconds, monotonic); returns recognitions per second, smoothed."""
        with self._lock:
            self._recognised += 1
            self._recent.append(not known)
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

    def counts(self) -> Counts:
        """Everything at one moment."""
        with self._lock:
            unknown = sum(self._recent) / len(self._recent) if self._recent else 0.0
            return Counts(
                self._received,
                self._recognised,
                unknown,
                self._last,
                self._held_back,
                dict(self._refused),
                self._repeated,
            )
