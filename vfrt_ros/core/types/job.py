# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A request to a worker: it can be given up on until it commits, so that its answer stays true.

Whoever waits for a job may give up on it, and answers then that it failed. A job that was given up on must not change
anything later, when what it hung in returns. So whatever cannot be taken back is begun with `begin_commit`, which
raises in a job that was given up on; and a job that has begun it can no longer be given up on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any

from vfrt_ros.core.types.errors import VfrtError


class AbandonedError(VfrtError):
    """The job was answered as failed while it ran, so it changes nothing any more."""

    code = "INTERNAL_ERROR"


class Job(Future):
    """The future of a piece of work.

    Threads: one thread runs it; any may wait for it or abandon it. Abandoning and committing exclude each other under
    one lock.

    Args:
        work: What to do; its result or exception becomes the future's.
    """

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self._work = work
        self._gate = threading.Lock()
        self._abandoned = self._committed = False

    def abandon(self, error: Exception) -> bool:
        """Let it fail with this error, unless it has committed or is done.

        Args:
            error: What it fails with.

        Returns:
            Whether it failed thereby. False: its own outcome is its answer.
        """
        with self._gate:
            if self._committed or self.done():
                return False
            self._abandoned = True
        with suppress(InvalidStateError):
            self.set_exception(error)
        return True

    def commit(self) -> None:
        """From now on it cannot be abandoned.

        Raises:
            AbandonedError: It was.
        """
        with self._gate:
            if self._abandoned:
                raise AbandonedError("This was given up on meanwhile: nothing was changed.")
            self._committed = True

    def run(self) -> None:
        """Do the work in the calling thread, unless it was cancelled or abandoned."""
        with self._gate:
            if self._abandoned or not self.set_running_or_notify_cancel():
                return
        before, _running.job = getattr(_running, "job", None), self
        try:
            result = self._work()
        except BaseException as error:
            with suppress(InvalidStateError):
                self.set_exception(error)
        else:
            with suppress(InvalidStateError):
                self.set_result(result)
        finally:
            _running.job = before


_running = threading.local()


def begin_commit() -> None:
    """Say that what follows cannot be taken back. Outside of a job it does nothing.

    Raises:
        AbandonedError: The job that runs in this thread was answered as failed.
    """
    job: Job | None = getattr(_running, "job", None)
    if job is not None:
        job.commit()


def outcome(job: Job, seconds: float, error: Exception) -> Any:
    """Wait for what a job returns or raises; after so many seconds it is abandoned with `error`, if it still can be.

    Args:
        job: Handed to a worker.
        seconds: To wait for it.
        error: What it fails with where they are over.
    """
    try:
        return job.result(seconds)
    except TimeoutError:
        if job.done():  # the work's own
            raise
    job.abandon(error)
    return job.result()
