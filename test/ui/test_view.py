# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt view` on a display, its keys pressed, and what the running node makes of it."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.waiting import wait_for
from nodes.node_process import NodeProcess
from PIL import Image
from ui.x_display import XDisplay

from tools.private_domain import lent_domain

pytestmark = [pytest.mark.ui, pytest.mark.timeout(240)]

SECONDS = 40.0
TITLE = "vfrt view"
STRIP = slice(66, 230)
"""The rows of the keys."""


class System:
    """A camera and a recognition node in a domain of their own, and `vfrt` commands that ask them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.camera = NodeProcess(folder, "camera_node", "-p", "source:=demo", "-p", "fps:=10.0")
        self.start_recognition()

    def start_recognition(self) -> None:
        """Start the node that is looked at."""
        arguments = ("-r", "image:=camera/image_raw", "-p", "backbone:=fake")
        self.recognition = NodeProcess(self.folder, "recognition_node", *arguments)

    def ask(self, *arguments: str) -> Any:
        """The JSON that a command answers with; None where the node is not there."""
        command = [sys.executable, "-m", "vfrt_ros.cli", *arguments, "--json"]
        result = subprocess.run(command, capture_output=True, text=True)
        return json.loads(result.stdout) if result.stdout.strip() else None

    def hear(self, *arguments: str) -> Any:
        """The JSON that a command answers with, asked again where it did not hear of the node in its short time."""
        answers: list[Any] = []

        def is_answered() -> bool:
            answers.append(self.ask(*arguments))
            return answers[-1] is not None

        wait_for(is_answered, f"an answer to vfrt {' '.join(arguments)}", SECONDS)
        return answers[-1]

    @property
    def labels(self) -> dict[str, Any]:
        """What the node knows, by label."""
        return {entry["label"]: entry for entry in self.hear("labels")["labels"]}

    def close(self) -> None:
        """End both nodes."""
        self.recognition.kill()
        self.camera.kill()


class Window:
    """A running `vfrt view` with the keyboard."""

    def __init__(self, display: XDisplay, folder: Path, *arguments: str) -> None:
        self.display = display
        self._log = folder / "view.log"
        self._arguments = arguments
        self._open()
        self.number = display.find(self.process.pid, TITLE)
        display.focus(self.number)

    @property
    def output(self) -> str:
        """What it printed."""
        return self._log.read_text(errors="replace")

    def _open(self) -> None:
        """Start it until it paints: now and then OpenCV's Qt misses that its window was shown, and stays black."""
        for _ in range(4):
            self._start()
            number = self.display.find(self.process.pid, TITLE)
            for _ in range(2):
                with contextlib.suppress(AssertionError):
                    wait_for(lambda: is_bright(self.display.picture()), "an overlay", SECONDS / 4)
                    return
                self.display.show_again(number)
            self.process.kill()
            self.process.wait(SECONDS)
        raise AssertionError(f"the window stays black: {self.output}")

    def _start(self) -> None:
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "vfrt_ros.cli", "view", *self._arguments],
                env=self.display.environment,
                stdout=log,
                stderr=log,
            )

    def see(self, condition: Callable[[np.ndarray], bool], what: str) -> None:
        """Wait until the screen looks so; keeps it where it does not."""
        try:
            wait_for(lambda: condition(self.display.picture()), what, SECONDS)
        except AssertionError:
            Image.fromarray(self.display.picture()).save(self._log.with_name("screen.png"))
            raise

    def end(self) -> int:
        """The exit status, once it has ended."""
        try:
            return self.process.wait(SECONDS)
        finally:
            self.process.kill()


@pytest.fixture(scope="module")
def display() -> Iterator[XDisplay]:
    with XDisplay() as made:
        yield made


@pytest.fixture(scope="module")
def system(display: XDisplay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with lent_domain() as domain, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(domain))
        system = System(tmp_path_factory.mktemp("system"))
        wait_for(lambda: system.ask("labels"), "the node", 60.0)
        yield system
        system.close()


@pytest.fixture
def window(display: XDisplay, system: System, tmp_path: Path) -> Iterator[Window]:
    window = Window(display, tmp_path)
    yield window
    window.process.kill()
    window.process.wait(10.0)


def is_bright(screen: np.ndarray) -> bool:
    """Whether the demo's photograph is there, and not dimmed: text covers a few thousand pixels at most."""
    return int((screen[240:480, :640].max(axis=2) > 100).sum()) > 30_000


def is_dimmed(screen: np.ndarray) -> bool:
    """Whether there is a photograph, far darker than it was."""
    part = screen[240:480, :640].max(axis=2)
    return int((part > 100).sum()) < 15_000 and int((part > 5).sum()) > 30_000


def shows_keys(screen: np.ndarray) -> bool:
    """Whether a dark strip with letters at its left covers the picture."""
    return bool(screen[STRIP, 560:630].max() <= 95 and (screen[STRIP, 10:30].min(axis=2) > 220).sum() > 50)


def test_register_asks_for_the_label_and_undo_takes_it_back(system: System, window: Window) -> None:
    window.display.press("r")
    window.display.type("cup")
    window.display.press("Return")
    wait_for(lambda: "cup" in system.labels, "the label", SECONDS)
    assert system.labels["cup"]["examples"] >= 1
    window.display.press("u")
    wait_for(lambda: "cup" not in system.labels, "the undo", SECONDS)


def test_a_box_that_the_mouse_draws_is_registered(system: System, window: Window) -> None:
    window.display.drag(window.number, (150, 120), (450, 380))
    window.see(
        lambda screen: (screen[105:155, 10:120].min(axis=2) > 200).sum() > 100, "the question what it is"
    )
    window.display.type("boxed")
    window.display.press("Return")
    wait_for(lambda: "boxed" in system.labels, "the label of the box", SECONDS)
    assert system.labels["boxed"]["examples"] >= 1
    window.display.press("u")
    wait_for(lambda: "boxed" not in system.labels, "undo", SECONDS)


def test_escape_leaves_the_entry(system: System, window: Window) -> None:
    window.display.press("r", "b", "Escape", "r", "d", "Return")
    wait_for(lambda: "d" in system.labels, "the second label", SECONDS)
    assert "b" not in system.labels


def test_prompts_are_typed_comma_separated(system: System, window: Window) -> None:
    window.display.press("t")
    window.display.type("dog, cow")
    window.display.press("Return")
    wait_for(lambda: {"dog", "cow"} <= set(system.labels), "the prompts", SECONDS)
    assert system.labels["dog"]["prompts"] >= 1


def test_open_set_is_switched_off_and_on(system: System, window: Window) -> None:
    def switched(value: bool) -> bool:
        return bool((system.hear("watch", "--count", "1")["threshold"] == 0.0) is not value)

    assert switched(True)
    window.display.press("o")
    wait_for(lambda: switched(False), "open set off", SECONDS)
    window.display.press("o")
    wait_for(lambda: switched(True), "open set on", SECONDS)


def test_snapshot_writes_a_folder(system: System, window: Window) -> None:
    window.display.press("s")
    found = system.folder / "ros_home" / "vfrt" / "snapshots"
    wait_for(lambda: list(found.glob("*/overlay.*")), "the snapshot", SECONDS)


def test_h_shows_the_keys_and_hides_them(window: Window) -> None:
    window.display.press("h")
    window.see(shows_keys, "the keys")
    window.display.press("h")
    window.see(lambda screen: not shows_keys(screen), "no keys")


def test_a_label_of_the_command_line_is_registered_unasked(
    display: XDisplay, system: System, tmp_path: Path
) -> None:
    window = Window(display, tmp_path, "--reg-label", "thing")
    try:
        window.display.press("r")
        wait_for(lambda: "thing" in system.labels, "the label", SECONDS)
        assert window.process.poll() is None
    finally:
        window.process.kill()
        window.process.wait(10.0)


def test_a_compressed_overlay_is_shown(display: XDisplay, system: System, tmp_path: Path) -> None:
    window = Window(display, tmp_path, "--compressed")
    try:
        assert is_bright(display.picture())
        assert window.process.poll() is None
    finally:
        window.process.kill()
        window.process.wait(10.0)


def test_q_ends_it(window: Window) -> None:
    window.display.press("q")
    assert (window.end(), window.output) == (0, "")


def test_the_button_of_the_window_ends_it(window: Window) -> None:
    window.display.close_by_button(window.number)
    assert (window.end(), window.output) == (0, "")


def test_ctrl_c_ends_it_without_a_traceback(window: Window) -> None:
    window.process.send_signal(signal.SIGINT)
    assert (window.end(), window.output) == (130, "")


def test_a_node_that_is_gone_is_said_and_waited_for(system: System, window: Window) -> None:
    system.recognition.send(signal.SIGINT)
    assert system.recognition.status() == 0
    window.see(is_dimmed, "the word that it is gone")
    window.display.press("u")
    system.start_recognition()
    window.see(is_bright, "the overlay again")
    window.display.press("r", "z", "Return")
    wait_for(lambda: "z" in system.labels, "a label after the return", SECONDS)
