# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A thread that always works on the newest item, and does jobs in between."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from vfrt_ros.core.types.job import Job
from vfrt_ros.core.worker.slots import Slot, Slots

Item = TypeVar("Item")
Jobs = deque[Job]


class NewestWorker(Generic[Item]):
    """Calls `process` with the newest item; one that was not begun is replaced by a newer one.

    Each camera has a slot of its own, and the full slot that was served longest ago comes first. Where one slot alone
    is full, its items come at a steady pace and the next one is about to come, it waits that moment for it.

    Threads: `put`, `submit` and `stop` may be called from any thread. `process` and the jobs run in the
    worker's own thread, one at a time, jobs first. The slots, the jobs and the counters are written under
    one condition's lock, which is never held while something runs.

    Args:
        process: Called with each item. What it raises is a bug: it is given to `on_error`, and the thread
            goes on with the next item.
        on_error: Called in the worker's thread.
        name: Of the thread.
    """

    def __init__(
        self, process: Callable[[Item], None], on_error: Callable[[BaseException], None], *, name: str
    ) -> None:
        self._process = process
        self._on_error = on_error
        self._condition = threading.Condition()
        self._slots: Slots[Item] = Slots()
        self._jobs: Jobs = deque()
        self._stopped = False
        self._busy_since: float | None = None
        self._job: Job | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Items that were replaced before they were begun."""
        return sum(self.dropped_by_slot.values())

    @property
    def dropped_by_slot(self) -> dict[str, int]:
        """The same of each slot that something was put into."""
        with self._condition:
            return self._slots.dropped

    @property
    def is_waiting(self) -> bool:
        """True while an item has not been begun."""
        with self._condition:
            return bool(self._slots.full)

    @property
    def busy_with(self) -> tuple[float, bool] | None:
        """Since when (monotonic seconds) it has worked on one thing, and whether that is a job; None = idle."""
        with self._condition:
            since = self._busy_since
            return None if since is None else (since, self._job is not None)

    @property
    def alive(self) -> bool:
        """True while the thread runs; false some time after `stop`."""
        return self._thread.is_alive()

    @property
    def is_mine(self) -> bool:
        """True when the calling thread is this worker's, which was not stopped nor given up on."""
        return threading.current_thread() is self._thread and not self._stopped

    def put(self, item: Item, slot: str = "") -> None:
        """Make this the newest item of a slot; empty = the only one."""
        with self._condition:
            self._slots.put(slot, item, time.monotonic())
            self._condition.notify()

    def take_rest(self) -> list[Item]:
        """Take what waits in the other slots too; for `process`, where it is faster with many at once."""
        with self._condition:
            return list(iter(self._slots.take, None))

    def clear(self) -> None:
        """Drop the items that were not begun, uncounted."""
        with self._condition:
            self._slots.clear()

    def submit(self, work: Callable[[], Any]) -> Job:
        """Do this before the next item; its result or exception is in the job, which is a future."""
        job = Job(work)
        with self._condition:
            if self._stopped:
                job.cancel()
            else:
                self._jobs.append(job)
                self._condition.notify()
        return job

    def abandon(self, error: Exception) -> Jobs:
        """Give up on what it is doing now; the thread ends when that returns.

        Args:
            error: With which its job fails, unless that has committed: then its own outcome is its answer.

        Returns:
            The jobs that were not begun.
        """
        with self._condition:
            self._stopped = True
            jobs, self._jobs = self._jobs, deque()
            current = self._job
            self._condition.notify()
        if current is not None:
            current.abandon(error)
        return jobs

    def take_over(self, jobs: Jobs) -> None:
        """Do the jobs of a worker that was given up on."""
        with self._condition:
            self._jobs.extendleft(reversed(jobs))
            self._condition.notify()

    def stop(self, timeout: float = 10.0) -> None:
        """End the thread after what it is doing now; jobs that were not begun are cancelled."""
        with self._condition:
            self._stopped = True
            jobs, self._jobs = self._jobs, deque()
            self._condition.notify()
        for job in jobs:
            job.cancel()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def _run(self) -> None:
        while (task := self._next()) is not None:
            try:
                task()
            except BaseException as error:
                self._on_error(error)
            finally:
                with self._condition:
                    self._busy_since = self._job = None

    def _next(self) -> Callable[[], None] | None:
        with self._condition:
            self._wait()
            if self._stopped:
                return None
            self._busy_since = time.monotonic()
            if self._jobs:
                self._job = self._jobs.popleft()
                return self._job.run
            item = self._slots.take()
        return lambda: self._process(item)  # type: ignore[arg-type]

    def _wait(self) -> None:
        """Until there is something to do, and for an item that is about to come a moment more."""
        while True:
            self._condition.wait_for(lambda: self._stopped or self._jobs or self._slots.full)
            full = self._slots.full
            if self._stopped or self._jobs or len(full) > 1:
                return
            patience = full[0].rhythm.patience(time.monotonic())
            if not patience:
                return
            self._wait_for_another(full[0], patience)

    def _wait_for_another(self, slot: Slot[Item], seconds: float) -> None:
        item = slot.item
        self._condition.wait_for(
            lambda: self._stopped or self._jobs or slot.item is not item or len(self._slots.full) > 1,
            timeout=seconds,
        )
