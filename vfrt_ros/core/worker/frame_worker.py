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
from vfrt_ros.core.worker.pace import Rhythm

Item = TypeVar("Item")
Jobs = deque[Job]


class NewestWorker(Generic[Item]):
    """Calls `process` with the newest item; one that was not begun is replaced by a newer one.

    Where items come at a steady pace and the next one is about to come, it waits that moment for it.

    Threads: `put`, `submit` and `stop` may be called from any thread. `process` and the jobs run in the
    worker's own thread, one at a time, jobs first. The slot, the jobs and the counters are written under
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
        self._item: Item | None = None
        self._jobs: Jobs = deque()
        self._rhythm = Rhythm()
        self._stopped = False
        self._dropped = 0
        self._busy_since: float | None = None
        self._job: Job | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Items that were replaced before they were begun."""
        with self._condition:
            return self._dropped

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

    def put(self, item: Item) -> None:
        """Make this the newest item."""
        with self._condition:
            if self._item is not None:
                self._dropped += 1
            self._item = item
            self._rhythm.beat(time.monotonic())
            self._condition.notify()

    def clear(self) -> None:
        """Drop the item that was not begun, uncounted."""
        with self._condition:
            self._item = None

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
            item, self._item = self._item, None
        return lambda: self._process(item)  # type: ignore[arg-type]

    def _wait(self) -> None:
        """Until there is something to do, and for an item that is about to come a moment more."""
        while True:
            self._condition.wait_for(lambda: self._stopped or self._jobs or self._item is not None)
            item, patience = self._item, self._rhythm.patience(time.monotonic())
            if self._stopped or self._jobs or not patience:
                return
            self._wait_for_another(item, patience)

    def _wait_for_another(self, item: Item | None, seconds: float) -> None:
        self._condition.wait_for(
            lambda: self._stopped or self._jobs or self._item is not item, timeout=seconds
        )
