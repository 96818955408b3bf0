# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Where the time of a frame goes, told by wrapping the functions that it passes through."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any


class Stopwatch:
    """Sums up, frame by frame, the seconds that each stage took for itself, without the stages inside it.

    Threads: stages may run in any thread; frames pass one at a time, from `start` to `stop`.
    """

    def __init__(self) -> None:
        self.frames: list[dict[str, float]] = []
        self.totals: list[float] = []
        self._own: dict[str, float] = defaultdict(float)
        self._started: float | None = None
        self._local = threading.local()

    def start(self) -> None:
        """A frame sets out."""
        self._own = defaultdict(float)
        self._started = time.perf_counter()

    def stop(self) -> None:
        """The frame has arrived."""
        if self._started is not None:
            self.totals.append(time.perf_counter() - self._started)
            self.frames.append(dict(self._own))
            self._started = None

    def wrap(self, owner: Any, name: str, stage: str) -> None:
        """Count a function, found as attribute `name` of a module, a class or an object, as a stage."""
        setattr(owner, name, self.timed(getattr(owner, name), stage))

    def timed(self, inner: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """The function, its time counted for the stage."""

        def outer(*args: Any, **keywords: Any) -> Any:
            within = getattr(self._local, "within", 0.0)
            self._local.within = 0.0
            start = time.perf_counter()
            try:
                return inner(*args, **keywords)
            finally:
                taken = time.perf_counter() - start
                self._own[stage] += taken - self._local.within
                self._local.within = within + taken

        return outer
