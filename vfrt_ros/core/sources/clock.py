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
