"""Diagnostics: level, message and values at each state of work."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy")

from diagnostic_msgs.msg import DiagnosticStatus
from fixtures.pictures import picture
from std_msgs.msg import Header

from vfrt_ros.core.overlay import Pace
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.settings import RecognitionSettings
from vfrt_ros.nodes.diagnostics import PERIOD, SILENCE, DiagnosticsPublisher
from vfrt_ros.nodes.result import Result
from vfrt_ros.nodes.statistics import Statistics

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


class Desk:
    """A publisher of diagnostics without ROS, at a time that the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statistics = Statistics()
        self.recogniser: Recogniser | None = None
        self.result: Result | None = None
        self.active = True
        monkeypatch.setattr("vfrt_ros.nodes.diagnostics.time", SimpleNamespace(monotonic=lambda: 0.0))
        node: Any = SimpleNamespace(
            create_publisher=lambda *_, **__: None,
            create_timer=lambda period, callback: None,
            get_name=lambda: "recognition",
        )
        state = lambda: (self.recogniser, self.result, self.active)  # noqa: E731
        self.publisher = DiagnosticsPublisher(node, self.statistics, state)

    def status(self, now: float) -> DiagnosticStatus:
        return self.publisher.status(now)

    def values(self, now: float) -> dict[str, str]:
        return {value.key: value.value for value in self.status(now).values}


@pytest.fixture
def desk(monkeypatch) -> Desk:
    return Desk(monkeypatch)


LEVELS = {
    "waiting for the first frame": (True, False, (), SILENCE - 0.1, OK, "recognising"),
    "no frame for too long": (True, False, (), SILENCE + 0.1, WARN, "no frames: is the camera running"),
    "recognising": (True, True, (), SILENCE + 0.1, OK, "recognising"),
    "not active": (False, False, (), 100.0, OK, "not active"),
    "a bad frame": (True, True, ("encoding",), SILENCE + 0.1, WARN, "some frames could not be used"),
    "a fault": (
        True,
        True,
        ("encoding", "bug:ValueError"),
        SILENCE + 0.1,
        ERROR,
        "frames failed: see the log",
    ),
    "a fault, then not active": (False, True, ("bug:ValueError",), 1.0, ERROR, "frames failed: see the log"),
}


@pytest.mark.parametrize(
    ("active", "recognised", "refused", "now", "level", "message"), LEVELS.values(), ids=LEVELS.keys()
)
def test_level_and_message(desk, active, recognised, refused, now, level, message) -> None:
    desk.active = active
    if recognised:
        desk.statistics.recognised(now, known=True)
    for kind in refused:
        desk.statistics.refused(kind)
    status = desk.status(now)
    assert (status.level, status.message[: len(message)]) == (level, message)
    assert status.name == "recognition: recognition"


def test_silence_counts_from_the_last_recognition(desk) -> None:
    desk.statistics.recognised(10.0, known=True)
    assert desk.values(10.0)["seconds since the last recognition [s]"] == "0.0"
    assert desk.values(11.5)["seconds since the last recognition [s]"] == "1.5"
    assert desk.status(10.0 + SILENCE + 0.1).level == WARN
    desk.statistics.recognised(20.0, known=True)
    assert desk.status(20.0).level == OK


def test_values_before_anything_is_loaded(desk) -> None:
    assert desk.values(0.0) == {
        "recognitions": "0", "unknown [%]": "0.0", "seconds since the last recognition [s]": "0.0",
    }  # fmt: skip


def test_values(desk) -> None:
    desk.recogniser = Recogniser(RecognitionSettings(backbone="fake", memory_path=":memory:"))
    desk.recogniser.register("cup", images=[picture("red", variant) for variant in range(3)])
    frame = picture("red")
    decision = desk.recogniser.recognise(frame)
    desk.result = Result(frame, Header(), decision, Pace(fps=29.96, latency=0.0123), dropped=7)
    for known in (True, False, False):
        desk.statistics.recognised(1.0, known=known)
    for kind in ("step", "encoding", "step"):
        desk.statistics.refused(kind)
    assert desk.values(1.0) == {
        "recognitions": "3",
        "unknown [%]": "66.7",
        "seconds since the last recognition [s]": "0.0",
        "frames left out: encoding": "1",
        "frames left out: step": "2",
        "rate [Hz]": "30.0",
        "latency [ms]": "12.3",
        "frames dropped for newer ones": "7",
        "encoder": "fake, as asked for; on cpu",
        "examples": "3",
        "labels": "1",
        "memory version": "1",
    }


def test_it_comes_once_a_second() -> None:
    assert PERIOD == 1.0


def test_the_rate_is_smoothed_and_an_outlier_does_not_rule_it() -> None:
    statistics = Statistics()
    assert statistics.recognised(0.0, known=True) == 0.0
    assert statistics.recognised(0.1, known=True) == pytest.approx(10.0)
    assert statistics.recognised(0.2, known=True) == pytest.approx(10.0)
    assert statistics.recognised(1.2, known=True) == pytest.approx(1 / (0.9 * 0.1 + 0.1 * 1.0))


def test_only_the_first_of_a_kind_is_news() -> None:
    statistics = Statistics()
    assert [statistics.refused(kind) for kind in ("step", "step", "empty")] == [True, False, True]
    assert statistics.snapshot() == (0, 0, {"step": 2, "empty": 1})
