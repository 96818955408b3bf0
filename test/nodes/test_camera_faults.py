# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Cameras that fail in every way they do: seen, reported, and over when the fault is."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from fixtures.waiting import wait_for
from nodes.inbox import Inbox
from sensor_msgs.msg import Image

from vfrt_ros.core.sources.source import Frame, Source
from vfrt_ros.core.types.errors import SourceError
from vfrt_ros.nodes import camera_node as module
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.camera_node import CameraNode
from vfrt_ros.nodes.conversions import frame_from_image

pytestmark = pytest.mark.ros

IMAGE = names.IMAGE_RAW


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VFRT_SIZE", "[64, 48]")
    monkeypatch.setenv("VFRT_FPS", "50")


def start(ros: Any) -> CameraNode:
    """A camera node that has opened its source."""
    node = ros.add(CameraNode([]))
    node.start()
    return node


def noisy(seed: int) -> np.ndarray:
    """A sensor's picture: the same view, but never the same bytes."""
    return np.random.default_rng(seed).integers(90, 140, (48, 64, 3), np.uint8)


class SimulatedDevice(Source):
    """A camera whose state a test sets: good, frozen, covered, slow, another size or unplugged."""

    live = True

    def __init__(self, plan: SimpleNamespace) -> None:
        if plan.state == "unplugged":
            raise SourceError("There is no device.")
        super().__init__("0", "camera /dev/video0")
        # Much slower than it is, so that a busy machine is not taken for a slow camera.
        self.fps, self._plan = 20.0, plan

    def read(self, since: float = 0.0) -> Frame:
        threading.Event().wait(0.2 if self._plan.state == "slow" else 0.02)
        self._plan.count += 1
        if self._plan.state == "unplugged":
            raise SourceError("The camera delivers no more frames.")
        image = noisy(0 if self._plan.state == "frozen" else self._plan.count)
        if self._plan.state == "another size":
            image = np.repeat(image, 2, axis=1)
        return Frame(image // 20 if self._plan.state == "covered" else image)


FAULTS = {
    "unplugged": (DiagnosticStatus.ERROR, "no frames for", "delivers no more frames. It is tried again"),
    "frozen": (DiagnosticStatus.ERROR, "the picture is frozen", "has it frozen?"),
    "slow": (
        DiagnosticStatus.WARN,
        "the source is slower than expected",
        "frames a second where 20 are expected",
    ),
    "covered": (DiagnosticStatus.WARN, "the picture is black", "is the lens covered"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_device_is_seen_told_once_and_over(
    ros: Any,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    fault: str,
) -> None:
    level, message, line = FAULTS[fault]
    monkeypatch.setattr("vfrt_ros.core.sources.picture_watch.FROZEN_S", 0.3)
    monkeypatch.setattr("vfrt_ros.core.sources.picture_watch.BLACK_S", 0.3)
    monkeypatch.setattr("vfrt_ros.nodes.camera_diagnostics.SLOW_S", 0.3)
    plan = SimpleNamespace(state="good", count=0)
    monkeypatch.setattr(module, "open_source", lambda *_, **__: SimulatedDevice(plan))
    statuses = Inbox(ros.node(), DiagnosticArray, "/diagnostics", qos.diagnostics())
    images = Inbox(ros.node(), Image, IMAGE)

    def shows(wanted: bytes, words: str) -> bool:
        last = statuses.messages[-1].status[0] if statuses.messages else None
        return last is not None and last.level == wanted and last.message.startswith(words)

    start(ros)
    images.next()
    plan.state = fault
    wait_for(lambda: shows(level, message), f"{fault} in /diagnostics")
    plan.state = "good"
    wait_for(lambda: shows(DiagnosticStatus.OK, "publishing"), "the end of it in /diagnostics")
    images.next()
    assert capfd.readouterr().err.count(line) == 1


def test_another_size_in_mid_stream_is_fitted_and_told_once(
    ros: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    plan = SimpleNamespace(state="good", count=0)
    monkeypatch.setattr(module, "open_source", lambda *_, **__: SimulatedDevice(plan))
    images = Inbox(ros.node(), Image, IMAGE)
    start(ros)
    images.next()
    plan.state = "another size"
    told: list[str] = []
    wait_for(lambda: told.append(capfd.readouterr().err) or "128x48" in "".join(told), "the line")
    for _ in range(5):
        assert frame_from_image(images.next()).shape == (48, 64, 3)
    assert ("".join(told) + capfd.readouterr().err).count("128x48") == 1


class WebCamera:
    """An MJPEG camera in the network, which can be pulled out and plugged in again at the same address."""

    def __init__(self) -> None:
        self._number, self.port = 0, 0
        self.plug_in()

    def plug_in(self) -> None:
        """Answer at the port from now on."""
        self._pulled = threading.Event()
        camera = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                while not camera._pulled.wait(0.02):
                    self.wfile.write(camera.part())

            def log_message(self, *arguments: object) -> None:
                pass

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:  # the reader went away
                    self.close_connection = True

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def pull_out(self) -> None:
        """End every answer and refuse new ones."""
        self._pulled.set()
        self._server.shutdown()
        self._server.server_close()

    def part(self) -> bytes:
        """One picture of the stream."""
        self._number += 1
        jpeg = cv2.imencode(".jpg", noisy(self._number))[1].tobytes()
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        return head.encode() + jpeg + b"\r\n"


@pytest.fixture
def web_camera() -> Iterator[WebCamera]:
    made = WebCamera()
    yield made
    made.pull_out()


def test_a_camera_in_the_network_that_goes_and_comes_back(
    ros: Any, web_camera: WebCamera, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VFRT_SOURCE", f"http://127.0.0.1:{web_camera.port}/stream")
    statuses = Inbox(ros.node(), DiagnosticArray, "/diagnostics", qos.diagnostics())
    images = Inbox(ros.node(), Image, IMAGE)
    start(ros)
    images.next()
    web_camera.pull_out()
    wait_for(lambda: statuses.next().status[0].level == DiagnosticStatus.ERROR, "its loss", 60.0)
    web_camera.plug_in()
    wait_for(lambda: statuses.next().status[0].message == "publishing", "its return", 60.0)
    images.next()
    told = capfd.readouterr().err
    assert (told.count("It is tried again until it is back."), told.count("is back after")) == (1, 1)
