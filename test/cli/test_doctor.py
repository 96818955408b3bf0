"""`vfrt doctor`: what it calls broken, and what it says to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sensor_msgs.msg import Image

from vfrt_ros.cli import doctor_machine as machine
from vfrt_ros.cli.doctor import next_step
from vfrt_ros.cli.finding import Finding, Level
from vfrt_ros.core.encoders import hf_files
from vfrt_ros.nodes import names, qos

from .fake_recognition import FakeRecognition

BROKEN: dict[str, tuple[Callable[[], Finding], str]] = {
    "an old Python": (lambda: machine.check_python((3, 10)), "3.11 or newer"),
    "a domain that is no number": (lambda: machine.check_ros({"ROS_DOMAIN_ID": "abc"}), "ROS_DOMAIN_ID"),
    "a domain that is too high": (lambda: machine.check_ros({"ROS_DOMAIN_ID": "233"}), "ROS_DOMAIN_ID"),
    "a missing package": (
        lambda: machine.check_packages({"no_such_thing": "no-such"}),
        "pip install no-such",
    ),
    "messages that are not built": (lambda: machine.check_messages("no_such_msgs"), "source env.sh"),
    "an unknown variable": (lambda: machine.check_variables({"VFRT_ALPHA_FUSON": "1"}), "unset"),
    "a variable out of range": (lambda: machine.check_variables({"VFRT_ALPHA_FUSION": "2"}), "unset"),
    "a memory in what is no folder": (
        lambda: machine.check_memory({"VFRT_MEMORY_PATH": f"{__file__}/memory.db"}),
        "VFRT_MEMORY_PATH",
    ),
}


@pytest.mark.parametrize(("check", "todo"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_says_what_to_do(check: Callable[[], Finding], todo: str) -> None:
    finding = check()
    assert finding.level is Level.BROKEN
    assert todo in finding.todo


WELL: dict[str, Callable[[], Finding]] = {
    "python": machine.check_python,
    "ros": lambda: machine.check_ros({"ROS_DOMAIN_ID": "5"}),
    "packages": machine.check_packages,
    "messages": machine.check_messages,
    "variables": lambda: machine.check_variables({"VFRT_ALPHA_FUSION": "0.5", "VFRT_SOURCE": "demo"}),
    "encoder": lambda: machine.check_encoder({}),
    "asked-for encoder": lambda: machine.check_encoder({"VFRT_BACKBONE": "clip_vit_b16"}),
}


@pytest.mark.parametrize("check", WELL.values(), ids=WELL)
def test_what_is_well_is_said_to_be(check: Callable[[], Finding]) -> None:
    finding = check()
    assert (finding.level, bool(finding.text)) == (Level.OK, True)


def test_the_values_of_variables_are_shown() -> None:
    assert "alpha_fusion = 0.5" in machine.check_variables({"VFRT_ALPHA_FUSION": "0.5"}).text


@pytest.mark.parametrize(("at_hand", "encoder"), [(True, "clip_vit_b32"), (False, "embedded")])
def test_the_encoder_is_what_auto_would_choose(
    monkeypatch: pytest.MonkeyPatch, at_hand: bool, encoder: str
) -> None:
    monkeypatch.setattr(hf_files, "at_hand", lambda model: at_hand)
    assert f"auto chooses {encoder}:" in machine.check_encoder({}).text


def test_a_memory_in_a_new_folder_is_fine(tmp_path: Path) -> None:
    finding = machine.check_memory({"VFRT_MEMORY_PATH": str(tmp_path / "new" / "memory.db")})
    assert finding.level is Level.OK
    assert not (tmp_path / "new").exists()


NEXT = {
    "nothing runs": ([Finding("a", Level.OK, "fine")], "start with `vfrt live`"),
    "a node runs": ([Finding("/camera", Level.OK, "is active")], "`vfrt watch`"),
    "something is broken": ([Finding("b", Level.BROKEN, "gone", "get it")], "First: b: get it."),
}


@pytest.mark.parametrize(("findings", "text"), NEXT.values(), ids=NEXT)
def test_it_says_what_to_do_next(findings: list[Finding], text: str) -> None:
    assert text in next_step(findings)


@pytest.mark.ros
def test_ends_that_cannot_meet_are_broken(vfrt: Any) -> None:
    node = FakeRecognition()
    try:
        node.node.create_subscription(Image, names.IMAGE_RAW, print, qos.camera_image("reliable"))
        node.node.create_publisher(Image, names.IMAGE_RAW, qos.camera_image())
        outcome = vfrt("doctor", "--json")
    finally:
        node.close()
    (finding,) = (entry for entry in outcome.json["findings"] if entry["name"] == f"/{names.IMAGE_RAW}")
    assert (outcome.status, outcome.json["ok"]) == (1, False)
    assert finding["level"] == "broken"
    assert "cannot hear" in finding["text"]
    assert "VFRT_RELIABILITY=reliable" in finding["todo"]


@pytest.mark.ros
def test_ends_that_meet_are_well(vfrt: Any) -> None:
    node = FakeRecognition()
    try:
        node.node.create_subscription(Image, names.IMAGE_RAW, print, qos.camera_image())
        node.node.create_publisher(Image, names.IMAGE_RAW, qos.camera_image())
        outcome = vfrt("doctor")
    finally:
        node.close()
    assert f"/{names.IMAGE_RAW} 1 publishing, 1 listening" in outcome.out


@pytest.mark.ros
def test_two_nodes_of_one_name_are_broken(vfrt: Any) -> None:
    nodes = [FakeRecognition(), FakeRecognition()]
    try:
        # Each try is a newcomer to the graph, which may not see the second node at once.
        for _ in range(5):
            if (outcome := vfrt("doctor", "--json")).status == 1:
                break
    finally:
        for node in nodes:
            node.close()
    (finding,) = (entry for entry in outcome.json["findings"] if entry["name"] == "/recognition")
    assert (outcome.status, finding["level"], finding["text"]) == (1, "broken", "runs 2 times")


@pytest.mark.ros
def test_nodes_that_do_not_run_are_no_failure(vfrt: Any) -> None:
    outcome = vfrt("doctor", "--json")
    found = {entry["name"]: entry["level"] for entry in outcome.json["findings"]}
    assert (found["/camera"], found["/recognition"]) == ("note", "note")
    assert outcome.status == 0
