# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Sources that are not there when the node starts: waited for as after a loss, told once, and taken when they come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from fixtures.waiting import wait_for
from nodes.inbox import Inbox
from nodes.test_camera_faults import WebCamera, noisy
from sensor_msgs.msg import Image

from vfrt_ros.core.sources import open_source as sources
from vfrt_ros.core.sources.source import Frame, Source
from vfrt_ros.core.types.errors import SourceError
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.camera_node import CameraNode

pytestmark = pytest.mark.ros


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SIZE": "[64, 48]", "FPS": "50"}.items():
        monkeypatch.setenv(f"VFRT_{name}", value)


class FakeDevice(Source):
    """A camera that exists while its path is in `plugged`."""

    live = True
    plugged: set[str]

    def __init__(self, spec: str, **options: object) -> None:
        if spec not in self.plugged:
            raise SourceError(f"There is no device {spec}.")
        super().__init__(spec, f"camera {spec}")
        self._count = 0

    def read(self, since: float = 0.0) -> Frame:
        threading.Event().wait(0.02)
        if self.spec not in self.plugged:
            raise SourceError(f"Camera {self.spec} delivers no more frames.")
        self._count += 1
        return Frame(noisy(self._count))


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The cameras of this machine, by path."""
    there: set[str] = set()
    monkeypatch.setattr(FakeDevice, "plugged", there, raising=False)
    monkeypatch.setattr(sources, "DeviceSource", FakeDevice)
    monkeypatch.setattr(sources, "device_paths", lambda: sorted(there))
    return there


class Watch:
    """The node, what it publishes, and what its log says."""

    def __init__(self, ros: Any, capfd: pytest.CaptureFixture[str]) -> None:
        tester = ros.node()
        self._capfd, self._log = capfd, ""
        self.statuses = Inbox(tester, DiagnosticArray, "/diagnostics", qos.diagnostics())
        self.images = Inbox(tester, Image, names.IMAGE_RAW)
        self.node = ros.add(CameraNode([]))
        self.node.start()

    @property
    def log(self) -> str:
        self._log += self._capfd.readouterr().err
        return self._log

    def shows(self, level: bytes, words: str) -> Callable[[], bool]:
        def told() -> bool:
            last = self.statuses.messages[-1].status[0] if self.statuses.messages else None
            return last is not None and last.level == level and words in last.message

        return told


@pytest.fixture
def late_folder(tmp_path: Path) -> tuple[str, Callable[[], None]]:
    folder = tmp_path / "stick"

    def mount() -> None:
        folder.mkdir()
        cv2.imwrite(str(folder / "a.png"), np.full((48, 64, 3), 90, np.uint8))

    return str(folder), mount


@pytest.fixture
def late_stream() -> Iterator[tuple[str, Callable[[], None]]]:
    camera = WebCamera()
    camera.pull_out()
    yield f"http://127.0.0.1:{camera.port}/stream.mjpg", camera.plug_in
    camera.pull_out()


@pytest.fixture
def late_device(plugged: set[str]) -> tuple[str, Callable[[], None]]:
    return "/dev/camera00", lambda: plugged.add("/dev/camera00")


@pytest.mark.parametrize("kind", ["late_device", "late_folder", "late_stream"])
def test_what_comes_late_is_waited_for(
    kind: str,
    ros: Any,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    source, come = request.getfixturevalue(kind)
    monkeypatch.setenv("VFRT_SOURCE", source)
    watch = Watch(ros, capfd)
    wait_for(watch.shows(DiagnosticStatus.ERROR, "no frames for"), "its absence in /diagnostics")
    assert watch.images.messages == []
    come()
    wait_for(watch.shows(DiagnosticStatus.OK, "publishing"), "its coming in /diagnostics", 60.0)
    watch.images.next()
    assert watch.log.count("It is tried again until it is there.") == 1
    assert watch.log.count("is there after") == 1


def test_auto_shows_the_demo_says_so_and_goes_over_to_a_camera(
    ros: Any, plugged: set[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VFRT_SOURCE", "auto")
    watch = Watch(ros, capfd)
    assert watch.images.next().header.frame_id == names.DEMO_FRAME
    wait_for(watch.shows(DiagnosticStatus.WARN, "this is the demo: no camera was found"), "the demo told")
    assert "Source: auto: demo, no camera was found" in watch.log
    plugged.add("/dev/video2")
    wait_for(watch.shows(DiagnosticStatus.OK, "publishing"), "the camera told")
    assert watch.images.next().header.frame_id == "camera_optical_frame"
    assert "Source: auto: camera /dev/video2" in watch.log


def test_a_camera_that_comes_back_under_another_number_is_taken_and_no_demo_is_shown(
    ros: Any, plugged: set[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VFRT_SOURCE", "auto")
    plugged.add("/dev/video0")
    watch = Watch(ros, capfd)
    watch.images.next()
    plugged.clear()
    wait_for(watch.shows(DiagnosticStatus.ERROR, "no frames for"), "its loss")
    plugged.add("/dev/video1")
    wait_for(lambda: "The camera /dev/video1 is back" in watch.log, "its return")
    watch.images.next()
    frames = {message.header.frame_id for message in watch.images.messages}
    assert frames == {"camera_optical_frame"}
