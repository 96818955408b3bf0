"""The frame around the commands: help, wrong usage, missing nodes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from vfrt_ros.cli.main import COMMANDS, load_command

from .conftest import Outcome
from .fake_recognition import FakeRecognition

HEAVY = {"rclpy", "torch", "cv2", "numpy", "faiss", "rich", "honcho", "vfrt_msgs"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_of_itself(vfrt: Any, name: str) -> None:
    outcome = vfrt(name, "--help")
    assert outcome.status == 0
    assert f"examples:\n  vfrt {name}" in outcome.out


def test_every_module_with_a_command_is_registered() -> None:
    folder = Path(sys.modules["vfrt_ros.cli.main"].__file__ or "").parent
    having = {path.stem for path in folder.glob("*.py") if "\nCOMMAND = " in path.read_text(encoding="utf-8")}
    assert having == set(COMMANDS)


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from vfrt_ros.cli.main import build_parser; build_parser(); print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(result.stdout.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_summaries_are_one_sentence(name: str) -> None:
    summary = load_command(name).summary
    assert summary and "\n" not in summary and not summary.endswith(".")


WRONG = {
    "no command": "",
    "unknown command": "regster cat",
    "no label": "register",
    "negative frames": "register cat --frames -1",
    "negative count": "watch --count -1",
    "no prompts": "prompts",
    "an empty label": "prompts =kitten",
    "an empty prompt": "prompts cat=",
    "a prompt for one of two": "prompts cat=kitten dog",
    "two namespaces": "undo --node /a/recognition --namespace b",
    "an unknown device": "live --device gpu",
}


@pytest.mark.parametrize("line", WRONG.values(), ids=WRONG)
def test_wrong_usage_is_status_2_and_explained(vfrt: Any, line: str) -> None:
    outcome = vfrt(*line.split())
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.strip()


def test_ctrl_c_while_commands_are_imported_is_status_130(vfrt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("vfrt_ros.cli.main.build_parser", interrupted)
    assert vfrt("undo") == Outcome(130, "", "")


FAILING = {
    "a picture that is not there": ("register cup --images nowhere.jpg", "nowhere.jpg"),
    "a parameter file that is not there": ("live --params-file embeded", "Did you mean 'embedded'?"),
    "a rate that is no number": ("live --fps fast", "'fps' must be a number"),
}


@pytest.mark.parametrize(("line", "text"), FAILING.values(), ids=FAILING)
def test_a_failure_is_one_line_and_status_1(vfrt: Any, line: str, text: str) -> None:
    outcome = vfrt(*line.split())
    assert (outcome.status, outcome.out) == (1, "")
    assert text in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_file_that_is_no_picture_fails(vfrt: Any, tmp_path: Path) -> None:
    path = tmp_path / "text.jpg"
    path.write_text("no picture", encoding="utf-8")
    outcome = vfrt("register", "cup", "--images", str(path))
    assert outcome.status == 1
    assert "no picture" in outcome.err


@pytest.mark.ros
@pytest.mark.parametrize("line", ["undo", "labels --json", "set k 3", "watch --count 1"])
def test_a_missing_node_is_one_line_within_three_seconds(vfrt: Any, line: str) -> None:
    began = time.monotonic()
    outcome = vfrt(*line.split())
    assert time.monotonic() - began < 3.0
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.count("\n") == 1
    for part in ("/recognition", "vfrt live", "ROS_DOMAIN_ID"):
        assert part in outcome.err


@pytest.mark.parametrize("line", ["undo", "watch", "live"])
@pytest.mark.parametrize("domain", ["abc", "-1", "300"])
def test_a_domain_that_cannot_be_is_one_line(
    vfrt: Any, monkeypatch: pytest.MonkeyPatch, line: str, domain: str
) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", domain)
    outcome = vfrt(line)
    expected = f"vfrt {line}: ROS_DOMAIN_ID must be a whole number in [0, 232]; it is '{domain}'.\n"
    assert (outcome.status, outcome.out, outcome.err) == (1, "", expected)


@pytest.mark.ros
def test_a_node_in_a_namespace_is_pointed_out_and_reached(vfrt: Any) -> None:
    node = FakeRecognition(namespace="/robot1")
    try:
        missed = vfrt("undo")
        reached = [vfrt("undo", "--namespace", "robot1"), vfrt("undo", "--node", "/robot1/recognition")]
    finally:
        node.close()
    assert (missed.status, "--node /robot1/recognition" in missed.err) == (1, True)
    assert [(outcome.status, outcome.out) for outcome in reached] == [(0, "Undo done.\n")] * 2


@pytest.mark.ros
def test_a_service_that_is_missing_is_named(vfrt: Any) -> None:
    node = FakeRecognition(services=("Undo",))
    try:
        outcome = vfrt("redo")
    finally:
        node.close()
    assert outcome.status == 1
    assert "/recognition is running, but has no vfrt_msgs/srv/Redo" in outcome.err
