# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The frame around the commands: help, wrong usage, missing nodes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from vfrt_ros.cli.main import COMMANDS, load_command
from vfrt_ros.cli.service_commands import SERVICE_COMMANDS

from .conftest import Outcome
from .fake_recognition import FakeRecognition

HEAVY = {"rclpy", "torch", "cv2", "numpy", "faiss", "rich", "vfrt_msgs"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_of_itself(vfrt: Any, name: str) -> None:
    outcome = vfrt(name, "--help")
    assert outcome.status == 0
    assert f"examples:\n  vfrt {name}" in outcome.out


def test_every_module_with_a_command_is_registered() -> None:
    folder = Path(sys.modules["vfrt_ros.cli.main"].__file__ or "").parent
    sources = [*folder.glob("*.py"), *folder.glob("*/command.py")]
    made = [path for path in sources if "\nCOMMAND = " in path.read_text(encoding="utf-8")]
    having = {path.parent.name if path.stem == "command" else path.stem for path in made}
    assert sorted([*having, *SERVICE_COMMANDS]) == sorted(COMMANDS)


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


NAMES = {
    "a namespace with a sign": ("--namespace robot-1", "'robot-1'. Did you mean 'robot_1'?"),
    "a namespace that begins with a digit": ("--namespace 1st", "'1st'"),
    "an empty part": ("--namespace a//b", "'a//b'"),
    "a namespace in Latin 1": ("--namespace caf\udce9", "'caf\\udce9'"),
    "a node with a blank": ("--node a\u00a0b", "'/a\\xa0b'. Did you mean '/a_b'?"),
    "only a slash": ("--node /", "'/'"),
    "a slash at the end": ("--node /a/", "'/a/'"),
    "a name that is too long": (f"--node {'a' * 300}", "at most 245 characters"),
}
SPEAKING = {
    **{name: name for name in ("undo", "redo", "labels", "watch", "view", "explain", "audit", "doctor")},
    **{name: f"{name} cup" for name in ("register", "forget", "prompts", "examples", "snapshot")},
    **{"panel": "panel", "relabel": "relabel a b", "set": "set k 3", "live": "live"},
    **{f"memory {name}": f"memory {name} x.zip" for name in ("export", "import")},
}


@pytest.mark.parametrize("line", SPEAKING.values(), ids=SPEAKING)
@pytest.mark.parametrize(("option", "text"), NAMES.values(), ids=NAMES)
def test_a_name_that_ros_refuses_is_one_line_and_status_2(
    vfrt: Any, line: str, option: str, text: str
) -> None:
    if line == "live" and "--node" in option:
        pytest.skip("vfrt live has no --node")
    outcome = vfrt(*line.split(), *option.split(" "))
    assert (outcome.status, outcome.out) == (2, "")
    assert text in outcome.err
    assert outcome.err.count("\n") == 1


LATIN_1 = b"caf\xe9".decode(errors="surrogateescape")
NO_UTF_8 = {
    "a label": ("register", LATIN_1),
    "a label for which there is a picture": ("register", LATIN_1, "--images", "x.jpg"),
    "a new label": ("relabel", "cafe", LATIN_1),
    "a prompt": ("prompts", f"cafe=a {LATIN_1}"),
    "a value": ("set", "prompt_templates", LATIN_1),
    "a parameter": ("set", LATIN_1, "3"),
    "a name": ("snapshot", LATIN_1),
    "labels": ("live", "--init-labels", f"cup, {LATIN_1}"),
    "labels by the launch argument's name": ("live", "--labels", LATIN_1),
    "labels of an export": ("memory", "export", "x.zip", "--labels", LATIN_1),
    "a source": ("live", "--source", LATIN_1),
}


@pytest.mark.parametrize("line", NO_UTF_8.values(), ids=NO_UTF_8)
def test_a_text_that_is_no_utf_8_is_one_line_and_status_2(vfrt: Any, line: tuple[str, ...]) -> None:
    outcome = vfrt(*line)
    assert (outcome.status, outcome.out) == (2, "")
    assert "caf\\udce9" in outcome.err and "UTF-8" in outcome.err
    assert outcome.err.count("\n") == 1


def test_what_the_terminal_cannot_show_is_shown_by_its_number() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "vfrt_ros.cli", "models", "list"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


def test_ctrl_c_while_commands_are_imported_is_status_130(vfrt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("vfrt_ros.cli.main.build_parser", interrupted)
    assert vfrt("undo") == Outcome(130, "", "")


FAILING = {
    "a picture that is not there": ("register cup --images nowhere.jpg", "nowhere.jpg"),
    "a parameter file that is not there": ("live --params-file embeded", "Did you mean 'embedded'?"),
}


LONG = "x" * 5000
ODD = {
    "an import with a null": ("memory", "import", "a\0b"),
    "an import with a long name": ("memory", "import", LONG),
    "a memory that is the root": ("memory", "reembed", "--file", "/", "--to", "x.db"),
    "a memory that is a folder": ("memory", "info", "--file", "."),
    "a memory with a long name": ("memory", "check", "--file", LONG),
    "a memory with a null": ("memory", "compact", "--file", "a\0b"),
    "a backup with a null": ("memory", "backup", "a\0b"),
    "an export with a long name": ("memory", "export", LONG),
    "a picture with a long name": ("register", "cup", "--images", LONG),
    "a picture with a null": ("register", "cup", "--images", "a\0b"),
    "a data set with a long name": ("eval", LONG),
    "a data set with a null": ("eval", "a\0b"),
    "a recording with a null": ("eval", "--stream", "a\0b"),
    "a recording with a long name": ("eval", "--stream", LONG),
    "a rate that is no number": ("eval", "--stream", "demo", "--fps", "nan"),
    "a setting that is not closed": ("eval", ".", "--set", "k=[1"),
    "a setting that is a date": ("eval", ".", "--set", "k=2020-99-99"),
    "a setting that YAML cannot end": ("eval", ".", "--set", "k=" + "[" * 5000),
    "shots that are none": ("eval", ".", "--shots", "[1, 2"),
    "a parameter file with a null": ("live", "--params-file", "a\0b"),
    "a source with a null": ("live", "--source", "a\0b", "--size", "1"),
    "an encoder with a null": ("models", "path", "hf:a\0b/c"),
}


@pytest.mark.parametrize("line", ODD.values(), ids=ODD)
def test_what_nobody_would_type_is_one_line_too(vfrt: Any, line: tuple[str, ...]) -> None:
    outcome = vfrt(*line)
    assert (outcome.status in (1, 2), outcome.out) == (True, "")
    assert outcome.err.count("\n") == 1


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
