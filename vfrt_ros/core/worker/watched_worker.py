# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A worker that is replaced when it hangs, so that the next item is a new attempt."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from vfrt_ros.core.types.errors import EncoderError
from vfrt_ros.core.types.job import Job
from vfrt_ros.core.worker.frame_worker import NewestWorker

Item = TypeVar("Item")

MAX_HANGING = 3
JOB_PATIENCE = 6.0
"""A job may take this many times as long as an item: it may encode many pictures."""


class WatchedWorker(Generic[Item]):
    """A `NewestWorker` behind the same methods, and a deadline for what it does.

    A thread that hangs in foreign code cannot be ended. It is left behind, its job fails and changes nothing any
    more (`vfrt_ros.core.types.job`), the jobs behind it and new items go to a fresh thread. When three hang there is no
    further attempt until one of them wakes.

    Threads: any thread may call; `watch` is called again and again by one of them, which alone writes
    `_worker` (under the lock) and `_left`. `_hung_since` is one assignment: set by `watch`, cleared by
    `answered` in the worker's thread.

    Args:
        process, on_error, name: As for `NewestWorker`.
        on_hang: Told once when it begins to hang and once (0 seconds) when it answers again.
    """

    def __init__(
        self,
        process: Callable[[Item], None],
        on_error: Callable[[BaseException], None],
        on_hang: Callable[[float], None],
        *,
        name: str,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._create = lambda: NewestWorker[Item](process, on_error, name=name)
        self._on_hang = on_hang
        self._now = now
        self._lock = threading.Lock()
        self._worker = self._create()
        self._left: list[NewestWorker[Item]] = []
        self._dropped: Counter[str] = Counter()
        self._hung_since: float | None = None

    @property
    def dropped(self) -> int:
        """Items that were replaced before they were begun."""
        with self._lock:
            return self._dropped.total() + self._worker.dropped

    def dropped_of(self, slot: str) -> int:
        """The same of one slot."""
        with self._lock:
            return self._dropped[slot] + self._worker.dropped_by_slot.get(slot, 0)

    @property
    def is_current(self) -> bool:
        """True in the thread that works now; false in one that was left behind and has woken up."""
        with self._lock:
            return self._worker.is_mine

    @property
    def hung(self) -> float:
        """Seconds since which nothing was answered, once that is too long; 0 = it works."""
        since = self._hung_since
        return 0.0 if since is None else max(0.1, self._now() - since)

    def put(self, item: Item, slot: str = "") -> None:
        """See `NewestWorker.put`."""
        self._current().put(item, slot)

    def take_rest(self) -> list[Item]:
        """See `NewestWorker.take_rest`; nothing for a thread that was left behind."""
        with self._lock:
            return self._worker.take_rest() if self._worker.is_mine else []

    def clear(self) -> None:
        """See `NewestWorker.clear`."""
        self._current().clear()

    def submit(self, work: Callable[[], Any]) -> Job:
        """See `NewestWorker.submit`; fails with an EncoderError where it hangs before it commits."""
        with self._lock:
            return self._worker.submit(work)

    def stop(self, timeout: float = 10.0) -> None:
        """See `NewestWorker.stop`; does not wait for what hangs."""
        self._current().stop(0.0 if self.hung else timeout)

    def answered(self) -> None:
        """Called by `process` when an item was done: what hung has come back."""
        if self._hung_since is not None:
            self._hung_since = None
            self._on_hang(0.0)

    def watch(self, patience: float) -> None:
        """Look whether the worker hangs, and replace it if so.

        Args:
            patience: Seconds that an item may take; a job may take six times as long.
        """
        busy = self._worker.busy_with
        if busy is None:
            return
        since, is_job = busy
        if self._now() - since <= patience * (JOB_PATIENCE if is_job else 1.0):
            return
        if self._hung_since is None:
            self._hung_since = since
            self._on_hang(self._now() - since)
        self._left = [worker for worker in self._left if worker.alive]
        if len(self._left) < MAX_HANGING - 1:
            self._replace()

    def _replace(self) -> None:
        fresh = self._create()
        with self._lock:
            old, self._worker = self._worker, fresh
            self._left.append(old)
            self._dropped.update(old.dropped_by_slot)
        fresh.take_over(old.abandon(EncoderError("The encoder gives no answer; it is tried again.")))

    def _current(self) -> NewestWorker[Item]:
        with self._lock:
            return self._worker
