# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A simulated clock that stands still, jumps forward and back, as in the replay of a bag."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("rclpy")

from builtin_interfaces.msg import Time
from fixtures.pictures import picture
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.recognition_bench import RecognitionBench
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Header

from vfrt_msgs.msg import Recognition
from vfrt_ros.nodes.conversions import Frame, image_from_frame

pytestmark = pytest.mark.ros


RED = picture("red")
BLUE = np.ascontiguousarray(RED[..., ::-1])
"""The same scene in another light: no cut, which would begin a new past anyway."""


def blueness(answer: Recognition) -> float:
    return next(found.score for found in answer.candidates if found.label == "blue")


class SimulatedBench(RecognitionBench):
    """A node on a simulated clock that the test sets."""

    def __init__(self, ros: Ros) -> None:
        super().__init__(ros)
        self._clock = self.tester.create_publisher(Clock, "/clock", 10)
        assert self.set(use_sim_time=True)[0].successful

    def time_is(self, seconds: int) -> None:
        """Let the node's clock show this."""
        now = Clock(clock=Time(sec=seconds))

        def arrived() -> bool:
            self._clock.publish(now)
            return self.node.get_clock().now().nanoseconds == seconds * 10**9

        wait_for(arrived, f"the time {seconds}")

    def answer_at(self, stamp: int, frame: Frame = RED, nanosec: int = 0) -> Recognition:
        """The answer to a frame with this stamp."""
        self.recognitions.clear()
        message = image_from_frame(frame, Header(stamp=Time(sec=stamp, nanosec=nanosec)))

        def answered() -> list[Recognition]:
            self.send(message)
            return [found for found in self.recognitions if found.header.stamp.sec == stamp]

        wait_for(answered, f"an answer to the frame of {stamp}")
        return answered()[0]


@pytest.fixture
def bench(ros: Ros, monkeypatch, tmp_path) -> Iterator[SimulatedBench]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    monkeypatch.setenv("VFRT_TEMPORAL_EMA", "0.9")
    yield SimulatedBench(ros)


def test_jumps_in_both_directions_are_survived_and_the_latency_is_by_that_clock(bench) -> None:
    for now, stamp in ((100, 99), (101, 101), (1_000_000, 999_990), (5, 3), (6, 6), (5, 5)):
        bench.time_is(now)
        answer = bench.answer_at(stamp)
        assert (answer.latency.sec, answer.latency.nanosec) == (now - stamp, 0), now


def test_a_jump_back_begins_a_new_past(bench) -> None:
    bench.call("set_prompts", labels=["red", "blue"])
    bench.time_is(100)
    alone = blueness(bench.answer_at(90, BLUE))
    assert blueness(bench.answer_at(80)) < alone - 0.1
    assert blueness(bench.answer_at(80, BLUE, nanosec=33_000_000)) < alone - 0.1, "the past counts"
    assert blueness(bench.answer_at(10, BLUE)) == pytest.approx(alone, abs=0.01), "after a jump back not"


def test_a_clock_that_stands_still_stops_nothing(bench) -> None:
    bench.time_is(100)
    bench.hear_diagnostics()
    assert bench.set(publish_rate_limit=50.0)[0].successful
    for frame in (RED, BLUE, picture("green")):
        assert bench.answer_at(100, frame).header.stamp.sec == 100
    count = len(bench.diagnostics)
    wait_for(lambda: len(bench.diagnostics) >= count + 2, "diagnostics by the machine's clock", 10.0)
    assert bench.call("register", label="cup").code == 0


def test_before_the_first_tick_frames_are_answered(bench) -> None:
    assert bench.node.get_clock().now().nanoseconds == 0
    assert bench.answer_at(7).latency.sec == -7
