# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The worker: the newest item, jobs in between, and an end that leaves nobody waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from vfrt_ros.core.worker.frame_worker import NewestWorker

DEADLINE = 10.0


class Bench:
    """A worker whose `process` notes its items; on the item "hold" it stands still until `go`."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.errors: list[BaseException] = []
        self.holding = threading.Event()
        self.go = threading.Event()
        self.worker: NewestWorker[str] = NewestWorker(self._process, self.errors.append, name="bench")

    def _process(self, item: str) -> None:
        self.seen.append(item)
        if item == "hold":
            self.holding.set()
            assert self.go.wait(DEADLINE)
        if item.startswith("bad"):
            raise ValueError(item)

    def hold(self) -> None:
        """Keep the worker busy until `go` is set."""
        self.worker.put("hold")
        assert self.holding.wait(DEADLINE)

    def drain(self) -> None:
        """Wait until everything put before was done."""
        self.go.set()
        # An item may be waiting behind a job: the second job comes after it.
        done = threading.Event()
        self.worker.submit(lambda: None).result(DEADLINE)
        while self.worker.is_waiting:
            assert not done.wait(0.005)
        self.worker.submit(lambda: None).result(DEADLINE)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.go.set()
    bench.worker.stop()


def test_the_newest_item_replaces_those_that_were_not_begun(bench) -> None:
    bench.hold()
    for item in ("old", "older", "newest"):
        bench.worker.put(item)
    assert bench.worker.dropped == 2
    bench.drain()
    assert bench.seen == ["hold", "newest"]
    assert bench.worker.dropped == 2


def test_nothing_is_dropped_while_the_worker_keeps_up(bench) -> None:
    for number in range(20):
        bench.worker.put(str(number))
        bench.drain()
    assert bench.seen == [str(number) for number in range(20)]
    assert bench.worker.dropped == 0


class Patient:
    """A rhythm that says once that the next item is about to come."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def beat(self, now: float) -> None:
        pass

    def patience(self, now: float) -> float:
        first = not self.asked.is_set()
        self.asked.set()
        return DEADLINE if first else 0.0


@pytest.fixture
def about_to_take(bench) -> Bench:
    """A worker that has an item and waits a moment for the next one."""
    bench.hold()
    bench.worker.put("old")
    patient = bench.worker._slots.full[0].rhythm = Patient()
    bench.go.set()
    assert patient.asked.wait(DEADLINE)
    return bench


def test_an_item_that_is_about_to_come_is_waited_for(about_to_take) -> None:
    about_to_take.worker.put("new")
    about_to_take.drain()
    assert about_to_take.seen == ["hold", "new"]
    assert about_to_take.worker.dropped == 1


def test_a_job_does_not_wait_for_an_item_that_is_about_to_come(about_to_take) -> None:
    about_to_take.worker.submit(lambda: about_to_take.seen.append("job")).result(DEADLINE)
    about_to_take.drain()
    assert about_to_take.seen == ["hold", "job", "old"]


def test_another_slot_is_not_kept_waiting_for_an_item_that_is_about_to_come(about_to_take) -> None:
    about_to_take.worker.put("other", "left")
    about_to_take.drain()
    assert about_to_take.seen == ["hold", "other", "old"]
    assert about_to_take.worker.dropped == 0


def test_jobs_come_in_order_and_before_the_waiting_item(bench) -> None:
    bench.hold()
    bench.worker.put("item")
    jobs = [bench.worker.submit(lambda n=number: bench.seen.append(f"job {n}")) for number in range(3)]
    bench.drain()
    assert all(job.done() for job in jobs)
    assert bench.seen == ["hold", "job 0", "job 1", "job 2", "item"]


def test_a_job_runs_in_the_workers_thread_and_its_result_comes_back(bench) -> None:
    job = bench.worker.submit(lambda: threading.current_thread().name)
    assert job.result(DEADLINE) == "bench"


def test_what_a_job_raises_is_its_callers_business_and_the_worker_goes_on(bench) -> None:
    def fail() -> None:
        raise KeyError("cup")

    with pytest.raises(KeyError, match="cup"):
        bench.worker.submit(fail).result(DEADLINE)
    assert bench.worker.submit(lambda: 42).result(DEADLINE) == 42
    assert bench.errors == []


def test_what_process_raises_is_reported_and_the_worker_goes_on(bench) -> None:
    for item in ("bad 1", "good", "bad 2", "good again"):
        bench.worker.put(item)
        bench.drain()
    assert bench.seen == ["bad 1", "good", "bad 2", "good again"]
    assert [str(error) for error in bench.errors] == ["bad 1", "bad 2"]


def test_clear_drops_what_waits_uncounted(bench) -> None:
    bench.hold()
    bench.worker.put("waiting")
    bench.worker.clear()
    bench.drain()
    assert bench.seen == ["hold"]
    assert bench.worker.dropped == 0


def test_a_job_that_its_caller_gave_up_is_not_done(bench) -> None:
    bench.hold()
    job = bench.worker.submit(lambda: bench.seen.append("unwanted"))
    assert job.cancel()
    bench.drain()
    assert bench.seen == ["hold"]


def test_stop_finishes_what_was_begun_and_cancels_the_rest(bench) -> None:
    bench.hold()
    bench.worker.put("item")
    job = bench.worker.submit(lambda: bench.seen.append("job"))
    stopping = threading.Thread(target=bench.worker.stop)
    stopping.start()
    with pytest.raises(CancelledError):
        job.result(DEADLINE)
    assert stopping.is_alive(), "stop waits for what was begun"
    bench.go.set()
    stopping.join(DEADLINE)
    assert not stopping.is_alive()
    assert bench.seen == ["hold"]


def test_a_job_for_a_stopped_worker_is_cancelled_at_once(bench) -> None:
    bench.worker.stop()
    assert bench.worker.submit(lambda: None).cancelled()
    bench.worker.put("late")
    bench.worker.stop()
    assert bench.seen == []


def test_a_job_may_stop_its_own_worker(bench) -> None:
    bench.worker.submit(bench.worker.stop).result(DEADLINE)
    assert bench.worker.submit(lambda: None).cancelled()


def test_many_threads_put_and_every_item_is_either_seen_or_counted(bench) -> None:
    def put() -> None:
        for _ in range(500):
            bench.worker.put("item")

    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    bench.drain()
    assert len(bench.seen) + bench.worker.dropped == 2000
