# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Thumbnails of recent frames, made before anybody asks for them."""

from __future__ import annotations

import threading
from collections import deque

from vfrt_ros.core.frames.quality import NEAR_DUPLICATE_COSINE
from vfrt_ros.core.types import work_ahead
from vfrt_ros.core.types.observation import Observation

LINGER = 1.0
"""Seconds that the thread waits for more work before it ends."""
MOST_WAITING = 16


class Thumbnailer:
    """Makes JPEGs while the next frame is awaited, so that a registration finds them made.

    Of a row of near duplicates only the first is made ahead: the others would not be registered beside it.

    Threads: `expect` and `clear` may be called from any thread and do not wait for a picture. A thread of its
    own makes them, newest first, and ends when there is nothing to do; both use `_waiting` under `_condition`.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: deque[Observation] = deque(maxlen=MOST_WAITING)
        self._last: Observation | None = None
        self._thread: threading.Thread | None = None

    def expect(self, observation: Observation) -> None:
        """Make this one's thumbnail soon, if it is worth registering."""
        if observation.quality.rejection() is not None or work_ahead.is_ending():
            return
        last = self._last
        if last is not None and float(last.embedding @ observation.embedding) >= NEAR_DUPLICATE_COSINE:
            return
        self._last = observation
        with self._condition:
            self._waiting.append(observation)
            if self._thread is None:
                self._thread = work_ahead.start(self._run, "thumbnails", self._wake)
            else:
                self._condition.notify()

    def clear(self) -> None:
        """Another scene begins: what was not made yet is not needed."""
        self._last = None
        with self._condition:
            self._waiting.clear()

    def _run(self) -> None:
        while (observation := self._next()) is not None:
            observation.thumbnail()

    def _next(self) -> Observation | None:
        with self._condition:
            self._condition.wait_for(lambda: self._waiting or work_ahead.is_ending(), timeout=LINGER)
            if not self._waiting or work_ahead.is_ending():
                self._thread = None
                return None
            return self._waiting.pop()

    def _wake(self) -> None:
        with self._condition:
            self._condition.notify()
