# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The newest objects in view. The link's thread writes, sessions read."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

FRESH_SECONDS = 2.0
"""After which objects are no longer in view: no newer ones came."""


class ObjectsFeed:
    """Keeps the newest vfrt_msgs/RecognisedObjects: one reference, replaced as a whole."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._newest: tuple[float, Any] | None = None

    def take(self, objects: Any) -> None:
        """New ones came."""
        self._newest = (self._clock(), objects)

    def forget(self) -> None:
        """The node is gone."""
        self._newest = None

    def newest(self) -> Any:
        """The newest ones; None = none came lately."""
        newest = self._newest
        return newest[1] if newest and self._clock() - newest[0] <= FRESH_SECONDS else None
