# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt live` as a person uses it: a process with the real nodes, a fake encoder and the demo."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from vfrt_ros.cli.main import main

pytestmark = pytest.mark.e2e

MARK = "TEST_OF_LIVE"
SECONDS = 60.0


class Live:
    """A running `vfrt live`; its lines are read by a thread."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.mark = f"{MARK}={home.name}"
        environment = {**os.environ, "ROS_HOME": str(home), MARK: home.name}
        command = [sys.executable, "-m", "vfrt_ros.cli", "live", *arguments]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, text: str) -> str:
        """The first line, from now on, that has this text."""
        deadline = time.monotonic() + SECONDS
        while (line := self._next(deadline)) is not None:
            if text in line:
                return line
        raise AssertionError(f"'{text}' did not come:\n{self.text}")

    def end(self, number: signal.Signals | None = None) -> int:
        """Send a signal and return the exit status."""
        if number:
            self.process.send_signal(number)
        status = self.process.wait(SECONDS)
        deadline = time.monotonic() + SECONDS
        while self._next(deadline) is not None:
            pass
        return status

    @property
    def text(self) -> str:
        """Everything that was printed so far."""
        return "\n".join(self.lines)

    def children(self, module: str = "vfrt_ros.nodes", argument: str = "") -> list[int]:
        """The processes of a module that still run, with an argument if one is named."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                ours = self.mark in (folder / "environ").read_text(errors="replace").split("\0")
                command = (folder / "cmdline").read_text(errors="replace").split("\0")
            except OSError:
                continue
            if argument and argument not in command:
                continue
            if ours and command[0] != "/bin/sh" and any(part.startswith(module) for part in command):
                found.append(int(folder.name))
        return found

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def _next(self, deadline: float) -> str | None:
        try:
            line = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None
        if line is not None:
            self.lines.append(line)
        return line


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder for memory and logs."""
    yield tmp_path


def start(home: Path, *arguments: str) -> Live:
    return Live(home, "--source", "demo", "--backbone", "fake", "--no-panel", *arguments)


def test_it_shows_recognitions_registers_and_ends_on_ctrl_c(home: Path) -> None:
    live = start(home, "--reg-label", "thing")
    try:
        live.wait_for("vfrt register astronaut")
        live.wait_for("fps")
        live.wait_for("register thing: Registered")
        assert len(live.children()) == 2
        status = live.end(signal.SIGINT)
    finally:
        live.process.kill()
    assert status == 130
    assert "Traceback" not in live.text
    assert live.children() == []


@pytest.mark.parametrize("moment", ["Starting camera", "waiting for", "Loading the encoder", "fps"])
def test_sigterm_ends_it_with_status_0(home: Path, moment: str) -> None:
    live = start(home)
    try:
        live.wait_for(moment)
        status = live.end(signal.SIGTERM)
    finally:
        live.process.kill()
    assert status == 0
    assert "Traceback" not in live.text
    assert live.children() == []


def test_a_node_that_dies_ends_it_with_its_last_lines_and_status_1(home: Path) -> None:
    live = start(home)
    try:
        live.wait_for("fps")
        (camera,) = live.children("vfrt_ros.nodes.camera_node")
        os.kill(camera, signal.SIGKILL)
        status = live.end()
    finally:
        live.process.kill()
    assert status == 1
    assert "The node camera has ended by itself. Its last lines:" in live.text
    assert live.children() == []


def test_a_wrong_setting_of_a_node_is_its_last_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VFRT_BACKBONE", "embeded")
    live = Live(home, "--source", "demo", "--no-panel")
    try:
        status = live.end()
    finally:
        live.process.kill()
    assert status == 1
    report = live.text.partition("The node recognition has ended by itself")[2]
    assert "Did you mean 'embedded'?" in report
    assert live.children() == []


def test_the_panel_is_started_and_its_end_ends_nothing_else(home: Path) -> None:
    live = Live(home, "--source", "demo", "--backbone", "fake")
    try:
        assert "The panel is at http://localhost:" in live.wait_for("http://")
        live.wait_for("fps")
        (panel,) = live.children("vfrt_ros.cli", "panel")
        os.kill(panel, signal.SIGKILL)
        live.wait_for("The panel has ended")
        live.wait_for("fps")
        assert len(live.children()) == 2
        status = live.end(signal.SIGINT)
    finally:
        live.process.kill()
    assert status == 130
    assert "Traceback" not in live.text


def test_the_panel_ends_with_the_nodes(home: Path) -> None:
    live = Live(home, "--source", "demo", "--backbone", "fake")
    try:
        live.wait_for("http://")
        live.wait_for("fps")
        status = live.end(signal.SIGTERM)
    finally:
        live.process.kill()
    assert status == 0
    assert "Traceback" not in live.text
    assert live.children("vfrt_ros.") == []


def test_a_namespace_moves_everything(home: Path) -> None:
    live = start(home, "--namespace", "robot1")
    try:
        live.wait_for("vfrt register astronaut --namespace robot1")
        live.wait_for("fps")
        status = live.end(signal.SIGINT)
    finally:
        live.process.kill()
    assert status == 130


def test_several_cameras_are_shown_by_name_and_the_end_of_one_ends_nothing_else(home: Path) -> None:
    live = Live(
        home, "--camera", "front=demo", "--camera", "door=/no/such/film.mp4",
        "--backbone", "fake", "--no-panel", "--size", "320x240", "--fps", "5", "--reg-label", "thing",
    )  # fmt: skip
    try:
        live.wait_for("Starting front/camera, door/camera and recognition")
        live.wait_for("register thing: Registered")
        assert live.wait_for(" fps ").startswith("front ")
        assert "The door/camera has ended; the nodes go on." in live.text
        assert len(live.children()) == 2
        status = live.end(signal.SIGINT)
    finally:
        live.process.kill()
    assert status == 130
    assert "Traceback" not in live.text
    assert live.children() == []


WRONG_USAGE = {
    "a camera without a source": (["--camera", "a="], "has no source"),
    "a camera twice": (["--camera", "a=0", "--camera", "a=1"], "'a'"),
    "a camera whose name is none": (["--camera", "1x=0"], "1x"),
    "cameras without a source": (["--cameras", "a="], "has no source"),
    "cameras and whether to start one": (["--camera", "a=0", "--camera", "true"], "NAME=SOURCE"),
    "cameras by both options": (["--camera", "a=0", "--cameras", "b=0"], "both name cameras"),
    "cameras and a source": (["--cameras", "a=0", "--source", "0"], "leave 'source' out"),
    "a list without its end": (["--labels", "[a"], "opens a list"),
    "labels by both options": (["--labels", "a", "--init-labels", "b"], "leave 'init_labels' out"),
    "boxes from nowhere": (["--regions", "gird"], "gird"),
    "a backbone that there is not": (["--backbone", "fakee"], "--backbone: expected one of auto, "),
    "no number": (["--fps", "fast"], "'fps' must be a number"),
    "a number out of range": (["--fps", "-1"], "fps"),
    "no size": (["--size", "a"], "size"),
    "no topic": (["--image", "a b"], "must be a topic"),
    "no namespace": (["--namespace", "1a"], "--namespace"),
    "no choice": (["--log-level", "foo"], "invalid choice"),
    "a label that is none": (["--reg-label", "x" * 1000], "--reg-label"),
}


@pytest.mark.parametrize(("options", "text"), WRONG_USAGE.values(), ids=WRONG_USAGE)
def test_wrong_usage_starts_nothing_and_ends_with_2(
    options: list[str], text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vfrt_ros.cli.live.command._run_nodes", lambda *_: (0, ""))
    monkeypatch.setattr("vfrt_ros.bringup.has_camera", lambda: False)
    assert main(["live", *options]) == 2
    assert text in capsys.readouterr().err
