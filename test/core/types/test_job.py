# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What was answered as failed changes nothing any more; what has committed cannot be answered as failed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from vfrt_ros.core.types.job import AbandonedError, Job, begin_commit, outcome

DEADLINE = 10.0


class GaveUpError(Exception):
    """With which a test abandons."""


class Work:
    """Something in a thread of its own that waits at two places for the test: before and after it commits."""

    def __init__(self) -> None:
        self.before, self.after = threading.Event(), threading.Event()
        self.begun, self.committing = threading.Event(), threading.Event()
        self.written: list[str] = []
        self.raised: list[BaseException] = []
        self.job = Job(self._work)
        self.thread = threading.Thread(target=self.job.run, daemon=True)
        self.thread.start()

    def _work(self) -> str:
        self.begun.set()
        assert self.before.wait(DEADLINE)
        try:
            begin_commit()
        except AbandonedError as error:
            self.raised.append(error)
            raise
        self.committing.set()
        assert self.after.wait(DEADLINE)
        self.written.append("row")
        return "done"


def end(work: Work) -> None:
    work.before.set()
    work.after.set()
    work.thread.join(DEADLINE)


def test_what_was_given_up_on_before_it_commits_writes_nothing() -> None:
    work = Work()
    assert work.begun.wait(DEADLINE)
    assert work.job.abandon(GaveUpError())
    with pytest.raises(GaveUpError):
        work.job.result(DEADLINE)
    end(work)
    assert (work.written, len(work.raised)) == ([], 1)
    with pytest.raises(GaveUpError):
        work.job.result(DEADLINE)


def test_what_has_committed_cannot_be_given_up_on() -> None:
    work = Work()
    work.before.set()
    assert work.committing.wait(DEADLINE)
    assert not work.job.abandon(GaveUpError())
    assert not work.job.done()
    end(work)
    assert (work.job.result(DEADLINE), work.written) == ("done", ["row"])


def test_what_is_done_or_was_cancelled_cannot_be_given_up_on() -> None:
    done, cancelled = Job(lambda: 42), Job(lambda: 42)
    done.run()
    cancelled.cancel()
    assert not done.abandon(GaveUpError())
    assert not cancelled.abandon(GaveUpError())
    assert done.result(DEADLINE) == 42


def test_what_was_given_up_on_before_it_began_is_never_begun() -> None:
    begun: list[int] = []
    job = Job(lambda: begun.append(1))
    assert job.abandon(GaveUpError())
    job.run()
    assert begun == []


def test_outside_of_a_job_everything_may_commit() -> None:
    done: list[str] = []
    begin_commit()
    job = Job(lambda: done.append("in a job"))
    job.run()
    begin_commit()
    done.append("after it")
    assert (job.result(DEADLINE), done) == (None, ["in a job", "after it"])


ENDS: dict[str, tuple[Callable[[Work], object], bool]] = {
    "it hangs before it commits": (lambda work: None, True),
    "it hangs while it commits": (lambda work: (work.before.set(), work.committing.wait(DEADLINE)), False),
}


@pytest.mark.parametrize(("reach", "fails"), ENDS.values(), ids=ENDS.keys())
def test_an_outcome_is_awaited_for_so_long_and_for_what_commits_until_it_is_there(reach, fails) -> None:
    work = Work()
    reach(work)
    results: list[object] = []

    def wait() -> None:
        try:
            results.append(outcome(work.job, 0.01, GaveUpError()))
        except GaveUpError as error:
            results.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    if fails:
        waiting.join(DEADLINE)
        assert isinstance(results[0], GaveUpError)
    end(work)
    waiting.join(DEADLINE)
    assert fails or results == ["done"]
    assert work.written == ([] if fails else ["row"])
