# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How long to wait before the next attempt."""

from __future__ import annotations

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
