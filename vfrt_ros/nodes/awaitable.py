# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Work of another thread, as a future that a callback can await."""

from __future__ import annotations

from collections.abc import Awaitable
from concurrent.futures import CancelledError
from concurrent.futures import Future as ThreadFuture
from typing import Any

from rclpy.task import Future


def awaitable(job: ThreadFuture, executor: Any) -> Awaitable[Any]:
    """A future of a thread as one that a coroutine in this executor can wait for."""
    future: Future = Future(executor=executor)

    def pass_on(done: ThreadFuture) -> None:
        if done.cancelled():
            future.set_exception(CancelledError())
        elif (error := done.exception()) is not None:
            future.set_exception(error)
        else:
            future.set_result(done.result())
        # rclpy's executors look at a waiting coroutine only when something wakes them.
        executor.wake()

    job.add_done_callback(pass_on)
    return future
