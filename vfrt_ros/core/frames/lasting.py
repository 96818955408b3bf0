# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Whether something has been true for some seconds without a break."""

from __future__ import annotations


class Lasting:
    """Tells a state from a moment.

    Args:
        seconds: For which it has to hold.

    >>> slow = Lasting(3.0)
    >>> [slow.note(True, now) for now in (0.0, 2.9, 3.0, 4.0)]
    [False, False, True, False]
    >>> slow.is_true, slow.note(False, 5.0), slow.is_true
    (True, False, False)
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None
        self.is_true = False

    def note(self, holds: bool, now: float) -> bool:
        """Take in whether it holds at `now`; True when it has just lasted long enough."""
        before = self.is_true
        self._since = (now if self._since is None else self._since) if holds else None
        self.is_true = self._since is not None and (before or now - self._since >= self._seconds)
        return self.is_true and not before
