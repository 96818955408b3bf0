# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A limit on how many items a second are let through."""

from __future__ import annotations

EARLY = 0.1
"""Share of the interval by which an item may be early: jitter costs none."""


class RateLimit:
    """Lets items through in step with the limit while they come, and at once after a pause.

    >>> limit = RateLimit()
    >>> [limit.allows(second, 0.5) for second in (10.0, 11.0, 12.0, 13.0)]
    [True, False, True, False]
    """

    def __init__(self) -> None:
        self._due = 0.0

    def allows(self, now: float, rate: float) -> bool:
        """Whether an item may pass.

        Args:
            now: When it came, in seconds of the monotonic clock.
            rate: Items a second at most; 0 = no limit.
        """
        if rate <= 0:
            return True
        if now < self._due - EARLY / rate:
            return False
        following = self._due + 1 / rate
        self._due = following if following > now else now + 1 / rate
        return True
