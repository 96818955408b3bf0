# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A browser's camera in the place of the camera node: where its frames go, and that two cameras never mix."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")

from fixtures.pictures import picture
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.inbox import Inbox
from nodes.recognition_bench import RecognitionBench
from sensor_msgs.msg import CompressedImage, Image

from vfrt_ros.nodes import names
from vfrt_ros.nodes.camera_node import CameraNode
from vfrt_ros.nodes.conversions import frame_from_compressed, frame_from_image
from vfrt_ros.panel.browser_source import FRAME_ID, BrowserSource, Standing
from vfrt_ros.panel.node_watch import NodeState
from vfrt_ros.panel.panel_client import PanelClient

pytestmark = pytest.mark.ros

RED = picture("red")


@pytest.fixture
def domain(lonely_domain: int) -> int:
    """One for each test."""
    return lonely_domain


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(client: PanelClient) -> Clock:
    """The source's time, which stands still."""
    clock = Clock()
    client.browser._now = clock
    return clock


@pytest.fixture
def camera(ros: Ros, monkeypatch: pytest.MonkeyPatch, client: PanelClient) -> CameraNode:
    """A camera node that runs, and that the panel knows of."""
    monkeypatch.setenv("VFRT_SOURCE", "demo")
    monkeypatch.setenv("VFRT_SIZE", "[64, 48]")
    node = ros.add(CameraNode([]))
    node.start()
    wait_for(lambda: client.camera.state is NodeState.ACTIVE, "the panel to see the camera node")
    return node


def keep_showing(source: BrowserSource, session: str = "a") -> Callable[[], None]:
    """Send frames again and again, until what this returns is called."""
    stop = threading.Event()

    def send() -> None:
        while not stop.wait(0.02):
            source.put(session, lambda: RED)

    threading.Thread(target=send, daemon=True).start()
    return stop.set


def shown(source: BrowserSource, session: str = "a") -> bool:
    return source.standing(session) is Standing.SHOWN


def test_its_frames_are_recognised_and_the_camera_node_is_stopped_meanwhile(
    bench: RecognitionBench, camera: CameraNode, client: PanelClient
) -> None:
    stop = keep_showing(client.browser)
    wait_for(lambda: any(r.header.frame_id == FRAME_ID for r in bench.recognitions), "an answer")
    assert client.browser.standing("a") is Standing.SHOWN
    assert client.camera.state is NodeState.INACTIVE
    stop()
    client.browser.end("a")
    wait_for(lambda: client.camera.state is NodeState.ACTIVE, "the camera node to run again")
    assert client.browser.standing("a") is Standing.FREE
    bench.recognitions.clear()
    client.browser.put("b", lambda: RED)
    wait_for(lambda: client.browser.standing("b") is not Standing.FREE, "another browser's turn")


TRANSPORTS: dict[str, tuple[str, type, str, Any]] = {
    "raw": ("raw", Image, names.IMAGE, frame_from_image),
    "compressed": ("compressed", CompressedImage, f"{names.IMAGE}/compressed", frame_from_compressed),
}


@pytest.mark.parametrize(("transport", "kind", "topic", "convert"), TRANSPORTS.values(), ids=TRANSPORTS)
def test_it_publishes_where_and_how_the_node_listens(
    ros: Ros, client: PanelClient, monkeypatch: pytest.MonkeyPatch, transport, kind, topic, convert
) -> None:
    monkeypatch.setenv("VFRT_IMAGE_TRANSPORT", transport)
    RecognitionBench(ros)
    images = Inbox(ros.node("viewer"), kind, topic)
    stop = keep_showing(client.browser)
    message = images.next()
    stop()
    assert message.header.frame_id == FRAME_ID
    assert message.header.stamp.sec > 0
    assert np.abs(convert(message).astype(int) - RED).mean() < 10


def test_nothing_is_published_while_the_camera_node_runs(
    ros: Ros,
    bench: RecognitionBench,
    camera: CameraNode,
    client: PanelClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(client.camera, "turn", asked.append)
    images = Inbox(ros.node("viewer"), Image, names.IMAGE)
    stop = keep_showing(client.browser)
    wait_for(lambda: asked, "the camera node to be asked to stop")
    for _ in range(20):
        client.browser.look()
    assert client.browser.standing("a") is Standing.BLOCKED
    assert (asked, images.messages) == ([False], [])
    monkeypatch.undo()
    client.camera.turn(False)
    images.next()
    client.camera.turn(True)
    wait_for(lambda: client.camera.state is NodeState.ACTIVE and not client.camera.doing, "it to run again")
    count = len(images.messages)
    client.browser.put("a", lambda: RED)
    assert client.browser.standing("a") is Standing.BLOCKED
    wait_for(lambda: client.browser._worker.busy_with is None, "the worker to be idle")
    assert len(images.messages) <= count + 1, "one may have been on its way"
    stop()


def test_one_browser_at_a_time(bench: RecognitionBench, client: PanelClient, clock: Clock) -> None:
    source = client.browser
    source.put("a", lambda: RED)
    source.put("b", lambda: 1 / 0)
    assert (source.standing("b"), source.standing("c")) == (Standing.OTHER, Standing.OTHER)
    source.end("b")
    assert source.standing("b") is Standing.OTHER, "only who has it can end it"
    wait_for(lambda: source.put("a", lambda: RED) or shown(source), "the first one to be shown")
    source.end("a")
    source.put("b", lambda: RED)
    assert source.standing("a") is Standing.OTHER


def test_a_browser_that_falls_silent_gives_its_place_back(
    bench: RecognitionBench, camera: CameraNode, client: PanelClient, clock: Clock
) -> None:
    source = client.browser
    wait_for(lambda: source.put("a", lambda: RED) or shown(source), "it to be shown")
    clock.now += 4.9
    assert shown(source)
    clock.now += 0.2
    assert source.standing("a") is Standing.FREE
    wait_for(lambda: client.camera.state is NodeState.ACTIVE, "the camera node to run again")


def test_only_the_newest_frame_is_converted(bench: RecognitionBench, client: PanelClient) -> None:
    source, converted = client.browser, []
    wait_for(lambda: source.put("a", lambda: RED) or shown(source), "it to be shown")
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> np.ndarray:
        begun.set()
        assert go_on.wait(20)
        return RED

    source.put("a", slow)
    assert begun.wait(20)
    for number in range(5):
        source.put("a", lambda number=number: converted.append(number) or RED)
    go_on.set()
    wait_for(lambda: converted, "the newest one")
    wait_for(lambda: source._worker.busy_with is None, "the worker to be idle")
    assert converted == [4]


def test_a_frame_that_cannot_be_converted_is_told_and_the_next_one_comes(
    ros: Ros, bench: RecognitionBench, client: PanelClient, caplog: pytest.LogCaptureFixture
) -> None:
    images = Inbox(ros.node("viewer"), Image, names.IMAGE)
    source = client.browser
    wait_for(lambda: source.put("a", lambda: RED) or shown(source), "it to be shown")
    source.put("a", lambda: 1 / 0)
    wait_for(lambda: "could not be published" in caplog.text, "the line")
    stop = keep_showing(source)
    images.next()
    stop()


def test_the_end_of_the_panel_gives_the_camera_node_its_place_back(
    ros: Ros, bench: RecognitionBench, camera: CameraNode
) -> None:
    with PanelClient("/recognition") as other:
        wait_for(lambda: other.camera.state is NodeState.ACTIVE, "the panel to see the camera node")
        wait_for(lambda: other.browser.put("a", lambda: RED) or shown(other.browser), "it to be shown")
        assert camera._state_machine.current_state[1] == "inactive"
    assert camera._state_machine.current_state[1] == "active"
