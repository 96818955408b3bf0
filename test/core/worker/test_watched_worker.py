# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A worker that hangs is replaced, its queue goes on, and what wakes up late is known to be late."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from vfrt_ros.core.types.errors import EncoderError
from vfrt_ros.core.worker.watched_worker import MAX_HANGING, WatchedWorker

DEADLINE = 10.0
PATIENCE = 5.0


class Bench:
    """A worker by a clock that the test sets; items that begin with "hang" hang until `go`."""

    def __init__(self) -> None:
        self.late = 0.0
        self.done: list[tuple[str, bool]] = []
        self.told: list[float] = []
        self.errors: list[BaseException] = []
        self.entered: list[str] = []
        self.changed = threading.Condition()
        self.go = threading.Event()
        self.worker: WatchedWorker[str] = WatchedWorker(
            self._process, self.errors.append, self.told.append, name="watched", now=self._now
        )

    def _now(self) -> float:
        return time.monotonic() + self.late

    def _process(self, item: str) -> None:
        with self.changed:
            self.entered.append(item)
            self.changed.notify_all()
        if item.startswith("hang"):
            assert self.go.wait(DEADLINE)
        with self.changed:
            current = self.worker.is_current
            self.done.append((item, current))
            self.changed.notify_all()
        if current:
            self.worker.answered()

    def hang(self, item: str = "hang") -> None:
        """Let an item hang for too long."""
        self.worker.put(item)
        self.wait_for(lambda: item in self.entered)
        self.late += PATIENCE + 1

    def wait_for(self, condition) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, DEADLINE)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.go.set()
    bench.worker.stop()


def test_what_is_busy_within_its_time_is_let_alone(bench) -> None:
    bench.worker.put("hang")
    bench.wait_for(lambda: bench.entered)
    bench.late = PATIENCE - 1
    bench.worker.watch(PATIENCE)
    assert (bench.told, bench.worker.hung) == ([], 0.0)
    bench.go.set()
    bench.wait_for(lambda: bench.done == [("hang", True)])


def test_a_hang_is_told_once_and_the_next_item_is_a_new_attempt(bench) -> None:
    bench.hang()
    bench.worker.watch(PATIENCE)
    bench.worker.watch(PATIENCE)
    assert len(bench.told) == 1
    assert bench.told[0] > PATIENCE
    assert bench.worker.hung > PATIENCE
    bench.worker.put("next")
    bench.wait_for(lambda: ("next", True) in bench.done)
    bench.worker.submit(lambda: None).result(DEADLINE)
    assert bench.told[1:] == [0.0], "back, told once"
    assert bench.worker.hung == 0.0
    bench.go.set()
    bench.wait_for(lambda: ("hang", False) in bench.done)
    assert bench.errors == []


def test_jobs_that_wait_are_done_by_the_next_thread_in_their_order(bench) -> None:
    bench.hang()
    order: list[int] = []
    jobs = [bench.worker.submit(lambda n=n: order.append(n)) for n in range(3)]
    bench.worker.watch(PATIENCE)
    for job in jobs:
        job.result(DEADLINE)
    assert order == [0, 1, 2]


def test_a_job_that_hangs_fails_but_has_more_time_than_an_item(bench) -> None:
    begun = threading.Event()

    def job() -> None:
        begun.set()
        assert bench.go.wait(DEADLINE)

    future = bench.worker.submit(job)
    assert begun.wait(DEADLINE)
    bench.late = 5 * PATIENCE
    bench.worker.watch(PATIENCE)
    assert not future.done()
    bench.late = 7 * PATIENCE
    bench.worker.watch(PATIENCE)
    with pytest.raises(EncoderError, match="gives no answer"):
        future.result(DEADLINE)


def test_there_are_never_more_than_three_threads_that_hang(bench) -> None:
    bench.wait_for(lambda: _threads() == 1)  # those of the tests before are on their way out
    for number in range(MAX_HANGING + 2):
        item = f"hang {number}"
        bench.worker.put(item)
        if number < MAX_HANGING:
            bench.wait_for(lambda item=item: item in bench.entered)
        bench.late += PATIENCE + 1
        bench.worker.watch(PATIENCE)
    assert _threads() == MAX_HANGING
    assert len(bench.told) == 1
    bench.go.set()
    bench.worker.put("next")
    bench.wait_for(lambda: ("next", True) in bench.done)


def _threads() -> int:
    return sum(thread.name == "watched" for thread in threading.enumerate())


def test_stop_does_not_wait_for_what_hangs_and_nothing_is_current_after_it(bench) -> None:
    bench.hang()
    bench.worker.watch(PATIENCE)
    bench.hang("hang again")
    bench.worker.stop(timeout=1000)
    bench.go.set()
    bench.wait_for(lambda: len(bench.done) == 2)
    assert not any(current for _, current in bench.done)


def test_replaced_items_are_counted_across_threads(bench) -> None:
    bench.hang()
    for number in range(3):
        bench.worker.put(str(number))
    before = bench.worker.dropped
    bench.worker.watch(PATIENCE)
    assert bench.worker.dropped >= before == 2
