# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from fixtures.waiting import wait_for
from nodes.inbox import Inbox

pytest.importorskip("rclpy")

from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import State
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from tools.private_domain import private_domain
from vfrt_ros.nodes import camera_node as module
from vfrt_ros.nodes import qos
from vfrt_ros.nodes.camera_node import CameraNode
from vfrt_ros.nodes.conversions import frame_from_compressed, frame_from_image
from vfrt_ros.nodes.self_starting_node import StartError

pytestmark = pytest.mark.ros

RED = (10, 20, 200)
IMAGE, COMPRESSED, INFO = "camera/image_raw", "camera/image_raw/compressed", "camera/camera_info"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    cv2.imwrite(str(folder / "red.png"), np.full((48, 64, 3), RED, np.uint8))
    return folder


@pytest.fixture
def camera(ros: Any, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., CameraNode]]:
    """Makes the node with these parameters, not started."""

    def make(**parameters: object) -> CameraNode:
        given = {"source": pictures, "size": "[64, 48]", "fps": 50.0, **parameters}
        for name, value in given.items():
            monkeypatch.setenv(f"VFRT_{name.upper()}", str(value))
        node = CameraNode([])
        ros.add(node)
        return node

    yield make


def state(node: CameraNode) -> int:
    return int(node._state_machine.current_state[0])


def test_frames_and_camera_info_share_stamp_and_frame(ros: Any, camera: Callable[..., CameraNode]) -> None:
    tester = ros.node()
    images, infos = Inbox(tester, Image, IMAGE), Inbox(tester, CameraInfo, INFO)
    camera(frame_id="eye").start()
    image = images.next()
    assert image.encoding == "bgr8"
    assert image.header.frame_id == "eye"
    assert (frame_from_image(image) == RED).all()
    wait_for(lambda: any(info.header == image.header for info in infos.messages), "the image's camera_info")
    assert (infos.messages[0].width, infos.messages[0].height) == (64, 48)
    age = tester.get_clock().now().nanoseconds / 1e9 - image.header.stamp.sec
    assert 0 <= age < 60


def test_frames_are_best_effort_and_only_the_newest(ros: Any, camera: Callable[..., CameraNode]) -> None:
    node = camera()
    node.start()
    (found,) = node.get_publishers_info_by_topic(f"/{IMAGE}")
    assert found.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT
    assert node.get_parameter(f"qos_overrides./{IMAGE}.publisher.depth").value == 1
    assert node.get_parameter(f"qos_overrides./{IMAGE}.publisher.history").value == "keep_last"


def test_reliable_subscribers_can_be_served(ros: Any, camera: Callable[..., CameraNode]) -> None:
    images = Inbox(ros.node(), Image, IMAGE, QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE))
    camera(reliability="reliable").start()
    assert images.next().width == 64


def test_jpegs_are_made_only_for_subscribers(
    ros: Any, camera: Callable[..., CameraNode], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    encode = module.compressed_from_frame

    def count(*arguments: Any) -> CompressedImage:
        made.append(arguments)
        return encode(*arguments)

    monkeypatch.setattr(module, "compressed_from_frame", count)
    tester = ros.node()
    images = Inbox(tester, Image, IMAGE)
    camera().start()
    for _ in range(3):
        images.next()
    assert made == []
    jpegs = Inbox(tester, CompressedImage, COMPRESSED)
    jpeg = jpegs.next()
    assert jpeg.format == "bgr8; jpeg compressed bgr8"
    assert np.abs(frame_from_compressed(jpeg).astype(int) - RED).max() < 8
    assert jpeg.header.frame_id == "camera_optical_frame"


def test_a_calibration_goes_out_with_each_frame(
    ros: Any, camera: Callable[..., CameraNode], tmp_path: Path
) -> None:
    matrix = {"data": [50, 0, 32, 0, 50, 24, 0, 0, 1]}
    calibration = {
        "image_width": 64,
        "image_height": 48,
        "distortion_model": "plumb_bob",
        "camera_matrix": matrix,
        "rectification_matrix": matrix,
        "distortion_coefficients": {"data": [0] * 5},
        "projection_matrix": {"data": [0] * 12},
    }
    path = tmp_path / "eye.yaml"
    path.write_text(yaml.safe_dump(calibration))
    infos = Inbox(ros.node(), CameraInfo, INFO)
    camera(camera_info_url=path).start()
    assert list(infos.next().k) == matrix["data"]


def test_stamps_are_of_the_simulated_clock(ros: Any, camera: Callable[..., CameraNode]) -> None:
    node = camera()
    node.set_parameters([Parameter("use_sim_time", value=True)])
    tester = ros.node()
    clocks = tester.create_publisher(Clock, "/clock", 10)
    images = Inbox(tester, Image, IMAGE)
    node.start()

    def at_123() -> bool:
        message = Clock()
        message.clock.sec = 123
        clocks.publish(message)
        return bool(images.messages) and images.messages[-1].header.stamp.sec == 123

    wait_for(at_123, "a stamp of the simulated clock")


def test_it_can_be_stopped_started_and_taken_down(ros: Any, camera: Callable[..., CameraNode]) -> None:
    node = camera()
    images = Inbox(ros.node(), Image, IMAGE)
    node.start()
    images.next()
    for _ in range(3):
        node.trigger_deactivate()
        assert state(node) == State.PRIMARY_STATE_INACTIVE
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("vfrt-")]
        node.trigger_activate()
        images.next()
    node.trigger_deactivate()
    node.trigger_cleanup()
    assert state(node) == State.PRIMARY_STATE_UNCONFIGURED
    wait_for(lambda: node.get_publishers_info_by_topic(f"/{IMAGE}") == [], "the end of the topic")
    node.trigger_configure()
    node.trigger_activate()
    images.next()


def test_without_autostart_it_waits(ros: Any, camera: Callable[..., CameraNode]) -> None:
    node = camera(autostart="false")
    node.start()
    assert state(node) == State.PRIMARY_STATE_UNCONFIGURED


@pytest.mark.parametrize(
    ("parameter", "value", "expected"),
    [
        ("source", "/nowhere/clip.mp4", "Source '/nowhere/clip.mp4' is nothing that is there"),
        ("source", "demmo", "Source 'demmo' is nothing that is there"),
        (
            "source",
            "rstp://me:secret@10.0.0.7/live",
            r"Source 'rstp://\*\*\*@10.0.0.7/live' has an unknown scheme",
        ),
        ("camera_info_url", "/nowhere/eye.yaml", "camera_info_url: /nowhere/eye.yaml cannot be read"),
        (
            "camera_info_url",
            "~nosuchuser/eye.yaml",
            "camera_info_url: there is no home folder for ~nosuchuser",
        ),
    ],
)
def test_a_wrong_parameter_stops_the_start(
    ros: Any, camera: Callable[..., CameraNode], parameter: str, value: str, expected: str
) -> None:
    node = camera(**{parameter: value})
    with pytest.raises(StartError, match=expected):
        node.start()
    assert state(node) == State.PRIMARY_STATE_UNCONFIGURED


def test_after_the_end_of_a_file_it_stays_and_is_silent(ros: Any, camera: Callable[..., CameraNode]) -> None:
    node = camera(loop="false")
    images = Inbox(ros.node(), Image, IMAGE)
    node.start()
    grabber = node._grabber
    assert grabber is not None
    wait_for(lambda: grabber.ended, "the end of the pictures")
    assert len(images.messages) <= 1
    assert state(node) == State.PRIMARY_STATE_ACTIVE


def test_a_bug_in_publishing_is_told_once_counted_and_survived(
    ros: Any,
    camera: Callable[..., CameraNode],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    node = camera()
    images = Inbox(ros.node(), Image, IMAGE)
    statuses = Inbox(ros.node(), DiagnosticArray, "/diagnostics", qos.diagnostics())
    with monkeypatch.context() as patch:
        patch.setattr(module, "image_from_frame", broken)
        node.start()
        wait_for(lambda: node.faults.bugs().get("ZeroDivisionError", 0) >= 2, "two frames that failed")
        wait_for(lambda: any(found.status[0].level == b"\2" for found in statuses.messages), "an error")
    wait_for(lambda: images.messages, "an image")
    shown = {value.key: value.value for value in statuses.messages[-1].status[0].values}
    assert int(shown["faults"]) == int(shown["faults, ZeroDivisionError"]) >= 2
    assert capfd.readouterr().err.count("ZeroDivisionError: a bug") == 1


def test_diagnostics_name_the_source_and_its_rate(ros: Any, camera: Callable[..., CameraNode]) -> None:
    statuses = Inbox(ros.node(), DiagnosticArray, "/diagnostics", qos.diagnostics())
    camera().start()
    values: dict[str, str] = {}

    def told() -> bool:
        for message in statuses.messages:
            values.update({value.key: value.value for value in message.status[0].values})
        return values.get("rate [Hz]", "not yet known") != "not yet known"

    wait_for(told, "a rate")
    assert values["source"].startswith("images ")
    assert float(values["expected rate [Hz]"]) == 50.0
    assert statuses.messages[0].status[0].name == "camera: source"


RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)


def test_a_subscriber_that_cannot_be_served_is_told_with_the_cure(
    ros: Any, camera: Callable[..., CameraNode], capfd: pytest.CaptureFixture[str]
) -> None:
    camera().start()
    Inbox(ros.node(), Image, IMAGE, RELIABLE)
    logged: list[str] = []

    def told() -> bool:
        logged.append(capfd.readouterr().err)
        return "asks for another RELIABILITY" in "".join(logged)

    wait_for(told, "the line")
    assert "start this node with -p reliability:=reliable" in "".join(logged)


class Process:
    """The node as a program, its output as it comes."""

    def __init__(self, *parameters: str) -> None:
        arguments = [part for parameter in parameters for part in ("-p", parameter)]
        environment = os.environ | {"ROS_DOMAIN_ID": str(private_domain()), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vfrt_ros.nodes.camera_node", "--ros-args", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def end(self) -> tuple[int, str]:
        """Exit status and whole output."""
        status = self.process.wait(30)
        self._reader.join(10)
        return status, "".join(self.lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_ends_it_cleanly(number: signal.Signals, pictures: Path) -> None:
    program = Process(f"source:={pictures}")
    try:
        wait_for(lambda: any("Source: images" in line for line in program.lines), "the start", 30)
        program.process.send_signal(number)
        status, output = program.end()
    finally:
        program.process.kill()
    assert status in (0, 130)
    assert "Traceback" not in output


def test_a_wrong_parameter_is_named_and_the_status_is_1() -> None:
    status, output = Process("sorce:=demo").end()
    assert status == 1
    assert output == "Unknown parameter 'sorce'. Did you mean 'source'?\n"
