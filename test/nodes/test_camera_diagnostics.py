# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Diagnostics of the camera: level, message and values for each state of the source."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy")

from diagnostic_msgs.msg import DiagnosticStatus

from vfrt_ros.core.sources.health import Health
from vfrt_ros.core.sources.picture_watch import Sight
from vfrt_ros.nodes.camera_diagnostics import SLOW_S, CameraDiagnostics
from vfrt_ros.nodes.faults import MEMORABLE, Faults

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR
GOOD = Health("camera /dev/video0", 100, 2, None, Sight.GOOD, False, 30.0)


class Desk:
    """Diagnostics without ROS, at a time that the test sets."""

    def __init__(self) -> None:
        self.health: Health | None = GOOD
        self.log: list[str] = []
        self.faults = Faults(lambda: logger)
        logger = SimpleNamespace(warning=self.log.append, info=self.log.append, error=self.log.append)
        node: Any = SimpleNamespace(
            create_publisher=lambda *_, **__: None,
            create_timer=lambda period, callback, clock: None,
            get_name=lambda: "camera",
            get_fully_qualified_name=lambda: "/robot1/camera",
            get_logger=lambda: logger,
        )
        self.published = 0
        self.diagnostics = CameraDiagnostics(node, self.faults, lambda: self.health, lambda: self.published)

    def run(self, seconds: int, rate: float, start: float, share: float = 1.0) -> DiagnosticStatus:
        """The last of a status a second while frames come at a rate, of which a share is published."""
        for second in range(seconds):
            assert self.health is not None
            self.health = replace(self.health, frames=self.health.frames + round(rate))
            self.published += round(share * rate)
            status = self.diagnostics.status(start + second)
        return status


LEVELS = {
    "not active": (None, OK, "not active"),
    "good": (GOOD, OK, "publishing"),
    "lost": (replace(GOOD, lost_for=7.4), ERROR, "no frames for 7 s: see the log; it is tried again"),
    "ended": (replace(GOOD, ended=True), WARN, "the source has come to its end"),
    "frozen": (replace(GOOD, sight=Sight.FROZEN), ERROR, "the picture is frozen"),
    "waiting": (replace(GOOD, frames=0), WARN, "waiting for the first frame"),
    "not there yet": (replace(GOOD, frames=0, lost_for=3.0), ERROR, "no frames for 3 s"),
    "stands in": (replace(GOOD, stands_in=True), WARN, "this is the demo: no camera was found"),
    "black": (replace(GOOD, sight=Sight.BLACK), WARN, "the picture is black"),
}


@pytest.mark.parametrize(("health", "level", "message"), LEVELS.values(), ids=LEVELS.keys())
def test_level_and_message(health: Health | None, level: bytes, message: str) -> None:
    desk = Desk()
    desk.health = health
    status = desk.diagnostics.status(0.0)
    assert (status.level, status.name) == (level, "camera: source")
    assert status.message.startswith(message)


def test_values() -> None:
    desk = Desk()
    desk.diagnostics.status(10.0)
    desk.health = replace(GOOD, frames=160)
    desk.published = 58
    status = desk.diagnostics.status(12.0)
    assert status.hardware_id == "camera /dev/video0"
    assert {value.key: value.value for value in status.values} == {
        "node": "/robot1/camera",
        "published": "58",
        "source": "camera /dev/video0",
        "rate [Hz]": "30.0",
        "expected rate [Hz]": "30.0",
        "publish rate [Hz]": "29.0",
        "frames": "160",
        "reopenings": "2",
        "pictures": "good",
        "lost for [s]": "0.0",
        "faults": "0",
    }


def test_a_slow_source_is_told_once_and_its_end_too() -> None:
    desk = Desk()
    assert desk.run(5, 30, 0.0).level == OK
    assert desk.run(round(SLOW_S), 10, 5.0).level == OK, "not for a moment of weakness"
    slow = desk.run(5, 10, 8.0)
    assert (slow.level, slow.message) == (WARN, "the source is slower than expected")
    assert desk.run(5, 29, 13.0).level == OK
    assert desk.log == [
        "The camera /dev/video0 gives 10.0 frames a second where 30 are expected.",
        "The camera /dev/video0 gives 29.0 frames a second again.",
    ]


@pytest.mark.parametrize("change", [{"lost_for": 3.0}, {"ended": True}], ids=["lost", "ended"])
def test_a_source_that_gives_nothing_is_not_called_slow(change: dict[str, Any]) -> None:
    desk = Desk()
    desk.health = replace(GOOD, **change)
    desk.run(10, 0, 0.0)
    assert desk.log == []


def test_a_fault_of_the_node_rules_the_level_for_a_while_and_its_count_stays() -> None:
    for health in (GOOD, None):
        desk = Desk()
        desk.health = health
        desk.faults.report("publishing", KeyError("x"))
        for now, level in ((1.0, ERROR), (1.0 + MEMORABLE, ERROR), (1.1 + MEMORABLE, OK)):
            status = desk.diagnostics.status(now)
            assert status.level == level, (health, now)
            assert ("faults, KeyError", "1") in [(value.key, value.value) for value in status.values]


class TestSlowCamera:
    """One frame in ten seconds, as it was asked for."""

    def run(self, desk: Desk, seconds: int, period: int) -> list[tuple[bytes, str]]:
        """Level and rate of each second while a frame comes every `period` seconds."""
        desk.health = replace(GOOD, frames=1, fps=0.1)
        statuses = []
        for second in range(seconds):
            if second and second % period == 0:
                desk.health = replace(desk.health, frames=desk.health.frames + 1)
            status = desk.diagnostics.status(float(second))
            rate = next(value.value for value in status.values if value.key == "rate [Hz]")
            statuses.append((status.level, rate))
        return statuses

    def test_its_rate_is_measured_over_some_periods(self) -> None:
        desk = Desk()
        statuses = self.run(desk, 120, period=10)
        assert {level for level, _ in statuses} == {OK}
        assert {rate for _, rate in statuses[:40]} == {"not yet known"}
        rates = {float(rate) for _, rate in statuses[40:]}
        assert min(rates) >= 0.07 and max(rates) <= 0.13
        assert desk.log == []

    def test_one_that_is_slower_still_is_told_with_digits_that_say_something(self) -> None:
        desk = Desk()
        assert WARN in {level for level, _ in self.run(desk, 200, period=30)}
        assert desk.log
        assert re.search(r"gives 0\.0[1-4]\d* frames a second where 0\.1 are expected", desk.log[0])


def test_frames_that_are_read_and_not_published_are_told_once() -> None:
    desk = Desk()
    assert desk.run(5, 30, 0.0).level == OK
    assert desk.run(round(SLOW_S), 30, 5.0, share=0.5).level == OK, "not for a moment of weakness"
    behind = desk.run(5, 30, 8.0, share=0.5)
    assert (behind.level, behind.message[:40]) == (WARN, "fewer frames are published than read: a ")
    assert desk.run(5, 30, 13.0).level == OK
    assert [line.partition(":")[0] for line in desk.log] == [
        "Fewer frames of the camera /dev/video0 are published than read"
    ]


def test_what_was_published_is_told_also_while_it_is_not_active() -> None:
    desk = Desk()
    desk.health, desk.published = None, 1234
    values = {value.key: value.value for value in desk.diagnostics.status(1.0).values}
    assert (values["node"], values["published"]) == ("/robot1/camera", "1234")
