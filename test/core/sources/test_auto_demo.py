# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The demo gives way to a camera that appears."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence

import pytest
from core.sources.fakes import FakeClock, FakeSource, picture

from vfrt_ros.core.sources.auto_demo import AutoDemo
from vfrt_ros.core.sources.source import Frame, Source

DEADLINE = 10.0


class Machine:
    """A machine whose cameras come and go, and its demo at a time that the test sets."""

    def __init__(self, *paths: str) -> None:
        self.paths = list(paths)
        self.answers: list[Source | Exception | None] = []
        self.tried: list[list[str]] = []
        self.searched = threading.Semaphore(0)
        self.clock = FakeClock()
        self.demo = AutoDemo(
            size=(64, 48), fps=10, find=self.find, paths=lambda: self.paths, clock=self.clock
        )

    def find(self, paths: Sequence[str]) -> Source | None:
        self.tried.append(list(paths))
        answer = self.answers.pop(0) if self.answers else None
        self.searched.release()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def after(self, seconds: float) -> Frame | None:
        """What is read then, once a search that was due has ended."""
        self.clock.time += seconds
        self.demo.read()
        if self.demo._search is not None:
            self.demo._search.join(DEADLINE)
        return None if self.demo.successor else self.demo.read()


def test_it_shows_the_demo_and_says_so() -> None:
    demo = Machine().demo
    assert (demo.spec, demo.name, demo.stands_in) == ("demo", "demo, no camera was found", True)
    assert isinstance(demo.read(), Frame)


def test_a_camera_that_appears_is_taken() -> None:
    machine, camera = Machine(), FakeSource([Frame(picture())])
    assert machine.after(60.0) is not None
    assert machine.tried == [], "nothing to try"
    machine.paths, machine.answers = ["/dev/video2"], [camera]
    assert machine.after(0.6) is None
    assert machine.demo.successor is camera
    assert machine.tried == [["/dev/video2"]]


def test_a_camera_that_fails_is_tried_again_with_longer_and_longer_pauses() -> None:
    machine = Machine("/dev/video0")
    times = []
    for _ in range(160):
        before = len(machine.tried)
        machine.after(0.25)
        if len(machine.tried) > before:
            times.append(machine.clock.time)
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 2.0 and pauses[-1] == pytest.approx(10.0, abs=0.5)


def test_another_one_is_tried_at_once() -> None:
    machine = Machine("/dev/video0")
    for _ in range(40):
        machine.after(0.5)
    tried, camera = len(machine.tried), FakeSource([Frame(picture())])
    machine.paths, machine.answers = ["/dev/video0", "/dev/video1"], [camera]
    machine.after(0.6)
    assert len(machine.tried) == tried + 1
    assert machine.demo.successor is camera


def test_a_camera_that_was_found_too_late_is_closed() -> None:
    machine, camera = Machine(), FakeSource([])
    machine.demo.close()
    machine.paths, machine.answers = ["/dev/video0"], [camera]
    machine.after(1.0)
    assert camera.closed.wait(DEADLINE)
    assert machine.demo.successor is None


def test_a_bug_in_the_search_comes_to_light() -> None:
    machine = Machine()
    machine.paths, machine.answers = ["/dev/video0"], [ZeroDivisionError("a bug")]
    with pytest.raises(ZeroDivisionError):
        machine.after(1.0)
