# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt doctor` on a running node: why it is always unknown, what it never hears, and where else it may be."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from fixtures.waiting import wait_for
from sensor_msgs.msg import CompressedImage, Image

from vfrt_msgs.msg import Candidate, Recognition
from vfrt_ros.cli.doctor import answers
from vfrt_ros.cli.doctor.answers import judge
from vfrt_ros.cli.doctor.check_result import Level
from vfrt_ros.cli.doctor.domains import check_other_domains, domains_in_use
from vfrt_ros.client.node_client import NodeClient
from vfrt_ros.nodes import names, qos

from ..fake_recognition import FakeRecognition, known_cat, two_labels, unknown_rocket


def unknown(reason: int, score: float = 0.31, threshold: float = 0.55) -> Recognition:
    """An unknown frame, in which the cat came first and the dog second."""
    candidates = [Candidate(label="cat", score=score), Candidate(label="dog", score=score)]
    return Recognition(
        label=Recognition.UNKNOWN, reason=reason, score=score, threshold=threshold, candidates=candidates
    )


class Case(NamedTuple):
    """Recognitions and the node's settings, and parts of what must be said and advised."""

    heard: list[Recognition]
    fuse: str
    strictness: float
    text: tuple[str, ...]
    todo: tuple[str, ...]


LOW = [unknown(Recognition.UNKNOWN_LOW_SCORE)] * 3
ALWAYS = {
    "a score too low by the late rule": Case(
        LOW, "late", 0.55, ("'cat', is 0.31", "threshold 0.55"), ("open_set_threshold 0.28", "vfrt register")
    ),
    "a score too low by the calibrated rule": Case(
        LOW, "calibrated", 0.2, ("is 0.31",), ("open_set_threshold 0.05",)
    ),
    "a score too low at no threshold": Case(LOW, "calibrated", 0.0, ("is 0.31",), ("open_set false",)),
    "a score too low, the rule not known": Case(LOW, "", float("nan"), ("is 0.31",), ("open_set false",)),
    "nothing learned": Case(
        [unknown(Recognition.UNKNOWN_NOTHING_LEARNED)],
        "calibrated",
        0.05,
        ("nothing is learned",),
        ("vfrt register",),
    ),
    "two labels": Case(
        [unknown(Recognition.UNKNOWN_AMBIGUOUS)],
        "calibrated",
        0.05,
        ("'cat' and 'dog'",),
        ("vfrt relabel 'dog' 'cat'",),
    ),
    "unfamiliar": Case(
        [unknown(Recognition.UNKNOWN_UNFAMILIAR)],
        "calibrated",
        0.05,
        ("like nothing learned",),
        ("vfrt register", "open_set_threshold"),
    ),
    "mostly unfamiliar": Case(
        [*LOW[:1], *[unknown(Recognition.UNKNOWN_UNFAMILIAR)] * 2],
        "calibrated",
        0.05,
        ("like nothing learned",),
        ("vfrt register",),
    ),
}


@pytest.mark.parametrize("case", ALWAYS.values(), ids=ALWAYS)
def test_always_unknown_has_a_cause_and_a_cure(case: Case) -> None:
    result = judge(case.heard, case.fuse, case.strictness)
    assert result.level is Level.NOTE
    assert result.text.startswith("always unknown, because ")
    for part in case.text:
        assert part in result.text
    for part in case.todo:
        assert part in result.todo


@pytest.mark.parametrize("case", ALWAYS.values(), ids=ALWAYS)
def test_a_cure_names_the_node_that_was_asked(case: Case) -> None:
    todo = judge(case.heard, case.fuse, case.strictness, " --namespace robot1").todo
    commands = re.findall(r"`(vfrt [^`]*)`", todo)
    assert commands
    assert all(command.endswith(" --namespace robot1") for command in commands)


def test_a_label_with_a_quote_can_be_pasted() -> None:
    frame = unknown(Recognition.UNKNOWN_AMBIGUOUS)
    frame.candidates[1].label = "baker's dozen"
    (command,) = re.findall(r"`(vfrt [^`]*)`", judge([frame]).todo)
    assert shlex.split(command) == ["vfrt", "relabel", "baker's dozen", "cat"]


def test_one_known_frame_is_enough_to_be_well() -> None:
    result = judge([*LOW, known_cat()], "calibrated", 0.05)
    assert (result.level, result.todo) == (Level.OK, "")
    assert "1 of 4 frames known, mostly as 'cat'" in result.text


def found(outcome: Any, name: str) -> dict[str, str]:
    """The result of this name."""
    (result,) = (entry for entry in outcome.json["findings"] if entry["name"] == name)
    return result


@pytest.fixture
def active() -> Iterator[FakeRecognition]:
    """A fake node that says that it is active."""
    node = FakeRecognition()
    node.offer_state("active")
    yield node
    node.close()


@pytest.mark.ros
def test_a_threshold_that_is_too_high_is_seen_on_a_running_node(active: FakeRecognition, vfrt: Any) -> None:
    active.answers["ListLabels"] = {"labels": two_labels()}
    active.publish_always(unknown_rocket())
    outcome = vfrt("doctor", "--json")
    answers = found(outcome, "answers")
    assert (outcome.status, answers["level"]) == (0, "note")
    assert "the score of the best label, 'rocket', is 0.20, and the threshold 0.50" in answers["text"]
    assert "vfrt set open_set_threshold 0.013" in answers["todo"]
    assert found(outcome, "learned")["text"] == "2 labels, 5 examples"


@pytest.mark.ros
def test_always_is_not_said_where_the_next_photograph_is_known(active: FakeRecognition, vfrt: Any) -> None:
    active.answers["ListLabels"] = {"labels": two_labels()[:1]}
    active.publish_in_turn(unknown_rocket(), known_cat(), seconds=4.0)
    outcome = vfrt("doctor", "--json")
    assert found(outcome, "answers")["level"] == "ok"
    assert found(outcome, "learned")["text"] == "1 label, 5 examples"


@pytest.mark.ros
def test_a_finding_is_said_once_with_a_cure_for_the_node_that_was_named(vfrt: Any) -> None:
    node = FakeRecognition("/robot1")
    node.offer_state("active")
    node.answers["ListLabels"] = {"labels": two_labels()}
    node.publish_always(unknown_rocket())
    try:
        outcome = vfrt("doctor", "--namespace", "robot1")
    finally:
        node.close()
    assert outcome.out.count("always unknown") == 1
    assert "`vfrt set open_set_threshold 0.013 --namespace robot1`" in outcome.out
    assert "`vfrt live --namespace robot1` starts it" in outcome.out


@pytest.mark.ros
def test_an_empty_memory_is_told(active: FakeRecognition, vfrt: Any) -> None:
    active.publish_always(unknown(Recognition.UNKNOWN_NOTHING_LEARNED))
    outcome = vfrt("doctor")
    assert "learned       nothing: every frame is unknown" in outcome.out
    assert "Next: learned:" in outcome.out


class SlowClient:
    """A client whose node answers once, after ten seconds of spinning."""

    def __init__(self) -> None:
        self._spun = 0.0

    def subscribe(self, kind: type, take: Callable[[Any], None], *, camera: str) -> str:
        self._take = take
        return "/recognition"

    def spin(self, is_done: Callable[[], bool], seconds: float) -> bool:
        if self._spun < 10 <= self._spun + seconds:
            self._take(known_cat())
        self._spun += seconds
        return is_done()


def test_a_camera_of_one_frame_in_ten_seconds_is_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_rule", lambda client: ("late", 0.5))
    (result,) = answers.check_answers(cast("NodeClient", SlowClient()))
    assert result.level is Level.OK


@pytest.mark.ros
def test_a_node_that_answers_nothing_is_broken(
    active: FakeRecognition, vfrt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "ALWAYS_SECONDS", 1.0)
    outcome = vfrt("doctor", "--json")
    assert (outcome.status, found(outcome, "answers")["level"]) == (1, "broken")
    assert "silent on /recognition" in found(outcome, "answers")["text"]


@pytest.mark.ros
def test_each_of_several_cameras_is_judged_by_itself(vfrt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "ALWAYS_SECONDS", 1.0)
    node = FakeRecognition(cameras=("front", "left", "rear"))
    node.offer_state("active")
    node.publish_always(known_cat("front"))
    node.publish_always(unknown_rocket("left"))
    sending = node.node.create_publisher(Image, "front/image", qos.camera_image())
    for camera in ("front", "rear"):
        node.node.create_subscription(Image, f"{camera}/image", print, qos.camera_image())
    outcome = vfrt("doctor", "--json")
    rear = found(outcome, "/rear/image")
    assert (rear["level"], "-r rear/image:=THE/CAMERA/TOPIC" in rear["todo"]) == ("broken", True)
    node.node.create_publisher(Image, "rear/image", qos.camera_image())
    outcome = vfrt("doctor", "--json")
    node.close()
    del sending
    told = {
        entry["text"].partition(":")[0]: entry
        for entry in outcome.json["findings"]
        if entry["name"] == "answers"
    }
    assert list(told) == ["front", "left", "rear"]
    assert [told[name]["level"] for name in told] == ["ok", "note", "broken"]
    assert "always unknown" in told["left"]["text"]
    assert "silent on /rear/recognition" in told["rear"]["text"]
    assert "/camera" not in [entry["name"] for entry in outcome.json["findings"]], "each has its own"


@pytest.mark.ros
def test_an_image_topic_that_nobody_publishes_is_broken(active: FakeRecognition, vfrt: Any) -> None:
    active.node.create_subscription(Image, names.IMAGE, print, qos.camera_image())
    active.node.create_publisher(Image, "/usb_cam/image_raw", qos.camera_image())
    outcome = vfrt("doctor", "--json")
    result = found(outcome, "/image")
    assert (outcome.status, result["level"]) == (1, "broken")
    assert "-r image:=/usb_cam/image_raw (image topics there are: /usb_cam/image_raw)" in result["todo"]


@pytest.mark.ros
def test_the_picture_of_another_camera_is_no_cure_for_a_missing_one(
    active: FakeRecognition, vfrt: Any
) -> None:
    for camera in ("front", "left"):
        active.node.create_subscription(Image, f"{camera}/image", print, qos.camera_image())
    active.node.create_publisher(Image, "left/image", qos.camera_image())
    active.node.create_publisher(CompressedImage, "left/image/compressed", qos.camera_image())
    result = found(vfrt("doctor", "--json"), "/front/image")
    assert result["level"] == "broken"
    assert "left" not in result["todo"]


@pytest.mark.ros
def test_a_node_in_another_domain_is_found(monkeypatch: pytest.MonkeyPatch, lonely_domain: int) -> None:
    here, there = os.environ["ROS_DOMAIN_ID"], lonely_domain
    monkeypatch.setenv("ROS_DOMAIN_ID", str(there))
    node = FakeRecognition()
    monkeypatch.setenv("ROS_DOMAIN_ID", here)
    monkeypatch.setattr("vfrt_ros.cli.doctor.domains.domains_in_use", lambda: [int(here), there])
    try:
        (result,) = check_other_domains(["/camera", "/recognition"])
    finally:
        node.close()
    assert (result.level, result.name) == (Level.NOTE, "domain")
    assert result.text == f"/recognition runs in ROS_DOMAIN_ID {there}, and this shell is in {here}"
    assert result.todo == f"export ROS_DOMAIN_ID={there} in this shell"
    assert os.environ["ROS_DOMAIN_ID"] == here


@pytest.mark.ros
def test_the_domain_of_a_running_node_is_in_use(fake: FakeRecognition) -> None:
    if not Path("/proc/net/udp").is_file():
        pytest.skip("the kernel shows no table of UDP sockets here")
    wait_for(lambda: int(os.environ["ROS_DOMAIN_ID"]) in domains_in_use(), "the domain's port")


def test_domains_are_told_from_ports(tmp_path: Path) -> None:
    rows = ["  sl  local_address rem_address"]
    for port in (7400, 7410, 7400 + 250 * 42, 9999):
        rows.append(f"  1: 00000000:{port:04X} 00000000:0000 07 0 0 0")
    table = tmp_path / "udp"
    table.write_text("\n".join(rows), encoding="ascii")
    assert domains_in_use((str(table), str(tmp_path / "none"))) == [0, 42]


def test_looking_elsewhere_leaves_the_domain_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROS_DOMAIN_ID")
    monkeypatch.setattr("vfrt_ros.cli.doctor.domains.domains_in_use", lambda: [])
    assert check_other_domains(["/camera"]) == []
    assert "ROS_DOMAIN_ID" not in os.environ
