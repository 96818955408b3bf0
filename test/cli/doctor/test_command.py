# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt doctor`: what it calls broken, and what it says to do."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fixtures.waiting import wait_for
from sensor_msgs.msg import Image

from vfrt_ros.cli.doctor import machine as machine
from vfrt_ros.cli.doctor.camera import check_camera
from vfrt_ros.cli.doctor.check_result import CheckResult, Level, NodeFound
from vfrt_ros.cli.doctor.command import next_step
from vfrt_ros.cli.doctor.encoder import check_encoder
from vfrt_ros.core.encoders.clip import files as hf_files
from vfrt_ros.nodes import names, qos

from ..fake_recognition import FakeRecognition

CLIP = "clip_vit_b32"


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty cache of the hub's client."""
    monkeypatch.setattr(hf_files, "hub_cache", lambda: tmp_path)
    monkeypatch.setattr(hf_files, "_cached", lambda model: None)


def without_torch() -> CheckResult:
    """What is said where torch is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine.metadata, "version", missing)
        return machine.check_torch()


def missing(name: str) -> str:
    raise machine.metadata.PackageNotFoundError(name)


BROKEN: dict[str, tuple[Callable[[], CheckResult], str]] = {
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
    "no torch": (lambda: without_torch(), "make setup"),
    "an encoder that there is not": (
        lambda: check_encoder({"VFRT_BACKBONE": "clip_vit_b23"}),
        "vfrt models list",
    ),
    "no weights and no hub": (
        lambda: check_encoder({"VFRT_BACKBONE": CLIP, "VFRT_ALLOW_DOWNLOAD": "true"}, lambda: False),
        f"vfrt models path {CLIP}",
    ),
    "no weights that may be fetched": (
        lambda: check_encoder({"VFRT_BACKBONE": CLIP}, lambda: True),
        f"vfrt models pull {CLIP}",
    ),
    "a model_path without a model": (
        lambda: check_encoder({"VFRT_BACKBONE": CLIP, "VFRT_MODEL_PATH": "/nowhere"}, lambda: True),
        "VFRT_MODEL_PATH",
    ),
    "a camera that is asked for and is not there": (
        lambda: check_camera({"VFRT_SOURCE": "97"}),
        "There is no device /dev/video97",
    ),
    "a memory in what is no folder": (
        lambda: machine.check_memory({"VFRT_MEMORY_PATH": f"{__file__}/memory.db"}),
        "VFRT_MEMORY_PATH",
    ),
}


@pytest.mark.parametrize(("check", "todo"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_says_what_to_do(check: Callable[[], CheckResult], todo: str) -> None:
    finding = check()
    assert finding.level is Level.BROKEN
    assert todo in finding.todo


WELL: dict[str, Callable[[], CheckResult]] = {
    "python": machine.check_python,
    "ros": lambda: machine.check_ros({"ROS_DOMAIN_ID": "5"}),
    "packages": machine.check_packages,
    "messages": machine.check_messages,
    "variables": lambda: machine.check_variables({"VFRT_ALPHA_FUSION": "0.5", "VFRT_SOURCE": "demo"}),
    "torch": machine.check_torch,
    "encoder": lambda: check_encoder({}),
    "asked-for encoder": lambda: check_encoder({"VFRT_BACKBONE": "embedded"}),
    "an encoder for tests": lambda: check_encoder({"VFRT_BACKBONE": "fake"}),
}


@pytest.mark.parametrize("check", WELL.values(), ids=WELL)
def test_what_is_well_is_said_to_be(check: Callable[[], CheckResult]) -> None:
    finding = check()
    assert (finding.level, bool(finding.text)) == (Level.OK, True)


def test_the_values_of_variables_are_shown() -> None:
    assert "alpha_fusion = 0.5" in machine.check_variables({"VFRT_ALPHA_FUSION": "0.5"}).text


@pytest.mark.parametrize(("at_hand", "encoder"), [(True, "clip_vit_b32"), (False, "embedded")])
def test_the_encoder_is_what_auto_would_choose(
    monkeypatch: pytest.MonkeyPatch, at_hand: bool, encoder: str
) -> None:
    monkeypatch.setattr(hf_files, "at_hand", lambda model: at_hand)
    assert f"auto chooses {encoder}:" in check_encoder({}).text


def test_weights_that_will_be_fetched_are_a_note() -> None:
    finding = check_encoder({"VFRT_BACKBONE": CLIP, "VFRT_ALLOW_DOWNLOAD": "true"}, lambda: True)
    assert (finding.level, "fetched at the start" in finding.text) == (Level.NOTE, True)


def test_weights_of_a_folder_are_well(tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).touch()
    finding = check_encoder({"VFRT_BACKBONE": CLIP, "VFRT_MODEL_PATH": str(tmp_path)}, lambda: False)
    assert (finding.level, str(tmp_path) in finding.text) == (Level.OK, True)


@pytest.mark.parametrize(("version", "level"), [("2.5.1", Level.NOTE), ("2.6.0+cpu", Level.OK)])
def test_an_old_torch_is_pointed_out(version: str, level: Level) -> None:
    finding = machine.check_torch(version)
    assert (finding.level, version in finding.text) == (level, True)
    assert bool(finding.todo) is (level is Level.NOTE)


def test_no_camera_is_a_note_that_says_what_to_do() -> None:
    finding = check_camera({}, lambda: [])
    assert (finding.level, "--source" in finding.todo) == (Level.NOTE, True)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A file that stands for a camera, and another program that has it open."""
    device = tmp_path / "video0"
    device.touch()
    with device.open("rb") as file:
        process = subprocess.Popen(["sleep", "60"], stdin=file)
    # Popen returns while the kernel still exchanges the program: until then its command line is empty.
    wait_for(lambda: b"sleep" in Path(f"/proc/{process.pid}/cmdline").read_bytes(), "the program")
    yield device, process
    process.kill()
    process.wait()


def test_a_camera_that_another_program_holds_is_named_with_the_program(holder: Any) -> None:
    device, process = holder
    finding = check_camera({}, lambda: [str(device)])
    assert finding.level is Level.NOTE
    assert f"held by sleep (process {process.pid})" in finding.text
    assert str(process.pid) in finding.todo


def test_a_holder_without_a_command_line_is_named_by_its_short_name(tmp_path: Path) -> None:
    device, folder = tmp_path / "video0", tmp_path / "proc" / "78"
    device.touch()
    (folder / "fd").mkdir(parents=True)
    (folder / "fd" / "5").symlink_to(device)
    (folder / "cmdline").touch()
    (folder / "comm").write_text("guvcview\n")
    finding = check_camera({}, lambda: [str(device)], tmp_path / "proc")
    assert "held by guvcview (process 78)" in finding.text


def test_a_camera_that_our_node_holds_is_well(holder: Any, tmp_path: Path) -> None:
    device, _ = holder
    folder = tmp_path / "proc" / "77"
    (folder / "fd").mkdir(parents=True)
    (folder / "fd" / "5").symlink_to(device)
    (folder / "cmdline").write_text("python\0-m\0vfrt_ros.nodes.camera_node\0")
    finding = check_camera({}, lambda: [str(device)], tmp_path / "proc")
    assert (finding.level, "camera_node (process 77)" in finding.text) == (Level.OK, True)


def test_a_camera_that_nobody_holds_is_well(tmp_path: Path) -> None:
    device = tmp_path / "video0"
    device.touch()
    with device.open("rb"):  # this very process does not count
        finding = check_camera({}, lambda: [str(device)])
    assert (finding.level, finding.text) == (Level.OK, str(device))


def test_a_memory_in_a_new_folder_is_fine(tmp_path: Path) -> None:
    finding = machine.check_memory({"VFRT_MEMORY_PATH": str(tmp_path / "new" / "memory.db")})
    assert finding.level is Level.OK
    assert not (tmp_path / "new").exists()


NEXT = {
    "nothing runs": ([CheckResult("a", Level.OK, "fine")], "start with `vfrt live`"),
    "a node runs": ([CheckResult("/camera", Level.OK, "is active", node=NodeFound.ACTIVE)], "`vfrt watch`"),
    "nothing is learned": (
        [
            CheckResult("/camera", Level.OK, "is active", node=NodeFound.ACTIVE),
            CheckResult("learned", Level.NOTE, "nothing", "teach it"),
        ],
        "Next: learned: nothing: teach it.",
    ),
    "another domain": (
        [CheckResult("domain", Level.NOTE, "/camera runs in 7", "go there")],
        "Next: domain: /camera runs in 7: go there.",
    ),
    "something is broken": ([CheckResult("b", Level.BROKEN, "gone", "get it")], "First: b: get it."),
}


@pytest.mark.parametrize(("findings", "text"), NEXT.values(), ids=NEXT)
def test_it_says_what_to_do_next(findings: list[CheckResult], text: str) -> None:
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
