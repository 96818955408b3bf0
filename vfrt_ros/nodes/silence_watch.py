# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Notices that no picture comes, and says so once for each silence."""

from __future__ import annotations

from collections.abc import Callable

SILENCE_S = 5.0
PERIODS = 3.0
"""How many of its own periods a slow camera may be silent."""


class SilenceWatch:
    """Times the pictures that arrive; used by the executor's thread alone.

    Args:
        tell: Called once when no picture has come for `SILENCE_S`, or for some periods of a slower camera.
    """

    def __init__(self, tell: Callable[[float], None]) -> None:
        self._tell = tell
        self._since: float | None = None
        self._is_first = True
        self.period = 0.0
        """Seconds between the last two pictures; 0 = not yet known."""
        self.told = False
        """Whether it is silent for so long that it was told."""

    def start(self, now: float) -> None:
        """Pictures are listened for from `now` on, seconds of the monotonic clock."""
        self._since, self.period, self._is_first, self.told = now, 0.0, True, False

    def stop(self) -> None:
        """Nothing is listened for any more."""
        self._since, self.told = None, False

    def arrived(self, now: float) -> None:
        """A picture has come."""
        if self._since is None:
            return
        if not self._is_first:
            self.period = now - self._since
        self._since, self._is_first, self.told = now, False, False

    @property
    def patience(self) -> float:
        """Seconds that may pass without a picture."""
        return max(SILENCE_S, PERIODS * self.period)

    def look(self, now: float) -> None:
        """Tell, where it is time to."""
        if self._since is None or self.told or now - self._since < self.patience:
            return
        self.told = True
        self._tell(now - self._since)
