# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Diagnostics: level, message and values at each state of work."""

from __future__ import annotations

import os
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy")

from diagnostic_msgs.msg import DiagnosticStatus
from fixtures.pictures import picture
from std_msgs.msg import Header

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.frames.frame_loss import Loss
from vfrt_ros.core.frames.stamp_pace import StampPace
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.report.overlay import ShownPace
from vfrt_ros.core.types.errors import MemoryStoreError
from vfrt_ros.nodes.callback_guard import TimeError
from vfrt_ros.nodes.diagnostics import SILENCE, Diagnostics, Work
from vfrt_ros.nodes.faults import MEMORABLE, Faults
from vfrt_ros.nodes.loss_cause import Cause
from vfrt_ros.nodes.loss_values import CAUSE, NODE, SHARE, ToldLoss, told_loss
from vfrt_ros.nodes.loss_watch import LossReport
from vfrt_ros.nodes.result import Result
from vfrt_ros.nodes.statistics import NodeStatistics
from vfrt_ros.nodes.status import PERIOD, status_message

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


class Desk:
    """Diagnostics without ROS, at a time that the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statistics = NodeStatistics()
        self.faults = Faults(lambda: SimpleNamespace(error=lambda text: None, warning=lambda text: None))
        self.work = Work(None, None, active=True)
        monkeypatch.setattr(
            "vfrt_ros.nodes.diagnostics.time", SimpleNamespace(monotonic=lambda: 0.0, time=lambda: 1000.0)
        )
        node: Any = SimpleNamespace(
            create_publisher=lambda *_, **__: None,
            create_timer=lambda period, callback, clock: None,
            get_name=lambda: "recognition",
            get_fully_qualified_name=lambda: "/robot1/recognition",
        )
        self.diagnostics = Diagnostics(node, {"": self.statistics}, self.faults, lambda camera: self.work)

    def status(self, now: float) -> DiagnosticStatus:
        (status,) = self.diagnostics.statuses(now)
        return status

    def values(self, now: float) -> dict[str, str]:
        return {value.key: value.value for value in self.status(now).values}


@pytest.fixture
def desk(monkeypatch) -> Desk:
    return Desk(monkeypatch)


SOON, LATE = SILENCE - 0.1, SILENCE + 0.1
LEVELS = {
    "waiting for the first frame": (True, 0.0, (), (), SOON, OK, "recognising"),
    "no frame for too long": (True, 0.0, (), (), LATE, WARN, "no frames: is the camera running"),
    "not active": (False, 0.0, (), (), 100.0, OK, "not active"),
    "a bad frame": (
        True,
        0.0,
        ("step", "encoding"),
        (),
        SOON,
        WARN,
        "some frames could not be used (encoding, step)",
    ),
    "a fault": (
        True,
        0.0,
        ("encoding",),
        (ValueError(),),
        SOON,
        ERROR,
        "faults of the node (ValueError): see the log",
    ),
    "a fault, then not active": (
        False,
        0.0,
        (),
        (KeyError(), ValueError()),
        1.0,
        ERROR,
        "faults of the node (KeyError, ValueError)",
    ),
    "a peer's doing is no fault": (True, 0.0, (), (TimeError(),), SOON, OK, "recognising"),
    "hung": (True, 31.4, ("encoding",), (), LATE, ERROR, "the encoder has given no answer for 31 s"),
}


@pytest.mark.parametrize(
    ("active", "hung", "refused", "raised", "now", "level", "message"), LEVELS.values(), ids=LEVELS.keys()
)
def test_level_and_message(desk, active, hung, refused, raised, now, level, message) -> None:
    desk.work = Work(None, None, active=active, hung=hung)
    for kind in refused:
        desk.statistics.refused(kind)
    for error in raised:
        desk.faults.report("somewhere", error)
    status = desk.status(now)
    assert (status.level, status.message[: len(message)]) == (level, message)
    assert status.name == "recognition: recognition"


def test_silence_counts_from_the_last_recognition(desk) -> None:
    assert desk.values(0.5)["age of the last result [ms]"] == "none yet"
    desk.statistics.recognised(10.0, known=True)
    assert desk.values(10.0)["age of the last result [ms]"] == "0"
    assert desk.values(11.5)["age of the last result [ms]"] == "1500"
    assert desk.status(10.0 + LATE).level == WARN
    desk.statistics.recognised(20.0, known=True)
    assert desk.status(20.0).level == OK


def test_a_fault_rules_the_level_for_a_while_and_its_count_stays(desk) -> None:
    desk.faults.report("somewhere", RuntimeError())
    assert desk.status(1.0).level == ERROR
    for now, level in ((1.0 + MEMORABLE, ERROR), (1.1 + MEMORABLE, OK)):
        desk.statistics.recognised(now, known=True)
        assert desk.status(now).level == level, now
    assert desk.values(20.0)["faults, RuntimeError"] == "1"
    desk.faults.report("somewhere", RuntimeError())
    assert desk.status(21.0).level == ERROR, "it came again"


def test_rates_are_those_of_the_last_second(desk) -> None:
    for _ in range(30):
        desk.statistics.received()
    for number in range(10):
        desk.statistics.recognised(number / 10, known=True)
    values = desk.values(1.0)
    assert (values["input rate [Hz]"], values["recognition rate [Hz]"]) == ("30.0", "10.0")
    assert desk.values(2.0)["input rate [Hz]"] == "0.0"


def test_values(desk, tmp_path) -> None:
    path = tmp_path / "memory.db"
    recogniser = Recogniser(RecognitionSettings(backbone="fake", memory_path=str(path)))
    recogniser.register("cup", images=[picture("red", variant) for variant in range(3)])
    frame = picture("red")
    result = Result(
        frame, Header(), recogniser.recognise(frame), ShownPace(fps=29.96, latency=0.0123), dropped=7
    )
    desk.work = Work(recogniser, result, active=True, dropped=7)
    for known in (True, False, False):
        desk.statistics.recognised(1.0, known=known)
    for kind in ("step", "encoding", "step"):
        desk.statistics.refused(kind)
    for error in (ValueError(), TimeError()):
        desk.faults.report("the topic /clock", error)
    desk.statistics.held_back()
    for file in tmp_path.glob("memory.db*"):
        os.utime(file, (0, 940.0))
    values = desk.values(1.0)
    assert float(values.pop("memory on disk [kB]")) > 1
    assert values == {
        "node": "/robot1/recognition",
        "input rate [Hz]": "0.0",
        "recognition rate [Hz]": "3.0",
        "age of the last result [ms]": "0",
        "frames received": "0",
        "recognitions": "3",
        "unknown among the last 100 [%]": "66.7",
        "dropped for newer frames": "7",
        "held back by publish_rate_limit": "1",
        "left out, encoding": "1",
        "left out, step": "2",
        "faults": "1",
        "faults, ValueError": "1",
        "ignored at the topic /clock": "1",
        "latency [ms]": "12.3",
        "encoder": "fake, as asked for; on cpu",
        "runtime": "the encoder's own",
        "examples": "3",
        "labels": "1",
        "memory version": "1",
        "last save [s ago]": "60.0",
    }
    recogniser.close()


LOST = Loss(came=160, lost=140, replaced=20, share=0.5, pace=StampPace(1 / 30, 160, 140), is_lossy=True)
LOSSES = {
    "lost": (
        LOST,
        Cause.SOCKET_LIMIT,
        WARN,
        "50% of the camera's frames get lost on the way: `sudo sysctl -w net",
    ),
    "lost for a moment": (replace(LOST, is_lossy=False), Cause.NONE, OK, "recognising"),
}


@pytest.mark.parametrize(("loss", "cause", "level", "message"), LOSSES.values(), ids=LOSSES)
def test_frames_that_get_lost_are_told_with_the_cure(desk, loss, cause, level, message) -> None:
    desk.work = Work(None, None, active=True, loss=LossReport(loss, cause, 921_600))
    desk.statistics.recognised(1.0, known=True)
    status = desk.status(1.0)
    assert (status.level, status.message[: len(message)]) == (level, message)
    values = desk.values(1.0)
    assert (values["lost on the way"], values["lost on the way, of the last 10 s [%]"]) == ("140", "50.0")
    assert values["replaced by newer frames before they were taken"] == "20"
    assert values["camera's rate by its stamps [Hz]"] == "30.0"
    told = told_loss([status], "/robot1/recognition")
    assert told == ToldLoss(0.5, cause, 921_600)
    assert told_loss([status], "/robot2/recognition") is None


def test_frames_that_do_not_come_at_all_are_told_first(desk) -> None:
    desk.work = Work(None, None, active=True, loss=LossReport(LOST, Cause.NETWORK, 0))
    assert desk.status(LATE).message.startswith("no frames")


ODD = {"no number": {SHARE: "much"}, "another version's cause": {CAUSE: "magic"}}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_what_another_version_tells_otherwise_is_not_understood(change: dict[str, str]) -> None:
    values = {NODE: "/recognition", SHARE: "10.0", CAUSE: "network", **change}
    assert told_loss([status_message(WARN, "recognition", "", values)], "/recognition") is None


def test_a_fault_that_was_survived_after_a_change_is_counted(desk) -> None:
    recogniser = Recogniser(RecognitionSettings(backbone="fake", memory_path=":memory:"))
    desk.work = Work(recogniser, None, active=True)
    assert "faults survived after a change" not in desk.values(1.0)
    recogniser.memory.listen(lambda step: 1 / 0)
    recogniser.set_prompts(["cup"])
    assert desk.values(1.0)["faults survived after a change"] == "1"


def test_a_memory_that_cannot_be_written_is_an_error_until_it_can(desk, tmp_path) -> None:
    recogniser = Recogniser(RecognitionSettings(backbone="fake", memory_path=str(tmp_path / "memory.db")))
    desk.work = Work(recogniser, None, active=True)
    desk.statistics.recognised(1.0, known=True)
    database = recogniser.memory._folded.store._file.database
    database.execute("PRAGMA query_only = ON")
    with pytest.raises(MemoryStoreError):
        recogniser.set_prompts(["cup"])
    assert (desk.status(1.0).level, desk.status(1.0).message[:28]) == (ERROR, "the memory cannot be written")
    assert desk.values(1.0)["changes that could not be saved"] == "1"
    database.execute("PRAGMA query_only = OFF")
    recogniser.set_prompts(["cup"])
    assert desk.status(1.0).level == OK
    copy = recogniser.memory._folded.store._replica._copy.database
    copy.execute("PRAGMA query_only = ON")
    recogniser.set_prompts(["pen"])
    assert (desk.status(1.0).level, "second file" in desk.status(1.0).message) == (WARN, True)
    values = desk.values(1.0)
    assert "changes that could not be saved" not in values
    assert values["second file of the memory"] == "behind"
    copy.execute("PRAGMA query_only = OFF")
    recogniser.set_prompts(["mug"])
    assert desk.status(1.0).level == OK
    recogniser.close()


def test_the_share_of_unknown_is_of_recent_answers(desk) -> None:
    for _ in range(100):
        desk.statistics.recognised(1.0, known=False)
    for _ in range(75):
        desk.statistics.recognised(1.0, known=True)
    assert desk.values(1.0)["unknown among the last 100 [%]"] == "25.0"


def test_it_comes_once_a_second() -> None:
    assert PERIOD == 1.0


def test_the_rate_is_smoothed_and_an_outlier_does_not_rule_it() -> None:
    statistics = NodeStatistics()
    assert statistics.recognised(0.0, known=True) == 0.0
    assert statistics.recognised(0.1, known=True) == pytest.approx(10.0)
    assert statistics.recognised(0.2, known=True) == pytest.approx(10.0)
    assert statistics.recognised(1.2, known=True) == pytest.approx(1 / (0.9 * 0.1 + 0.1 * 1.0))


def test_only_the_first_of_a_kind_is_news() -> None:
    statistics = NodeStatistics()
    assert [statistics.refused(kind) for kind in ("step", "step", "empty")] == [True, False, True]
    counts = statistics.counts()
    assert (counts.recognised, counts.unknown, counts.refused) == (0, 0, {"step": 2, "empty": 1})
