# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Topics that were remapped: what stands beside a picture follows it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy")

from fixtures.pictures import picture
from fixtures.waiting import wait_for
from nodes.inbox import Inbox
from nodes.recognition_bench import RecognitionBench
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from vfrt_msgs.msg import Recognition
from vfrt_ros.nodes import qos
from vfrt_ros.nodes.camera_node import CameraNode
from vfrt_ros.nodes.conversions import compressed_from_frame

pytestmark = pytest.mark.ros


@pytest.fixture
def remapped(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """ROS as it starts with these remappings on the command line."""
    rules = [part for rule in request.param for part in ("-r", rule)]
    monkeypatch.setattr(sys, "argv", ["node", "--ros-args", *rules])
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    return request.getfixturevalue("ros")


INPUTS = {
    "not remapped": ((), "/image/compressed"),
    "absolute": (("image:=/usb_cam/image_raw",), "/usb_cam/image_raw/compressed"),
    "relative": (("image:=front/image",), "/front/image/compressed"),
    "in a namespace": (("__ns:=/robot1", "image:=front/image"), "/robot1/front/image/compressed"),
    "to a private name": (("image:=~/in",), "/recognition/in/compressed"),
    "as our launch does": (("image:=camera/image_raw",), "/camera/image_raw/compressed"),
    "the compressed name itself": (("image/compressed:=/jpegs",), "/jpegs"),
}


@pytest.mark.parametrize(("remapped", "topic"), INPUTS.values(), ids=INPUTS, indirect=["remapped"])
def test_compressed_frames_are_heard_beside_the_resolved_image(
    remapped: Any, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VFRT_IMAGE_TRANSPORT", "compressed")
    bench = RecognitionBench(remapped, message=CompressedImage, topic=topic)
    namespace = bench.node.get_namespace().rstrip("/")
    bench.hear(Recognition, f"{namespace}/recognition", qos.recognition(), bench.recognitions.append)
    answer = bench.answer_to(compressed_from_frame(picture("red"), Header()))
    assert answer.label == Recognition.UNKNOWN


@pytest.mark.parametrize("remapped", [("overlay:=/screen/left",)], indirect=True)
def test_the_compressed_overlay_stands_beside_the_resolved_overlay(remapped: Any) -> None:
    bench = RecognitionBench(remapped)
    raw = Inbox(bench.tester, Image, "/screen/left", qos.overlay())
    small = Inbox(bench.tester, CompressedImage, "/screen/left/compressed", qos.overlay())
    wait_for(lambda: bench.show(picture("red")) and raw.messages and small.messages, "both overlays")
    offered = {name for name, _ in bench.node.get_publisher_names_and_types_by_node("recognition", "/")}
    assert "/overlay/compressed" not in offered


@pytest.mark.parametrize("remapped", [("camera/image_raw:=/front/image",)], indirect=True)
def test_the_cameras_jpegs_stand_beside_its_resolved_image(
    remapped: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cv2.imwrite(str(tmp_path / "red.png"), np.full((48, 64, 3), 90, np.uint8))
    for name, value in {"SOURCE": tmp_path, "SIZE": "[64, 48]", "FPS": "50"}.items():
        monkeypatch.setenv(f"VFRT_{name}", str(value))
    tester = remapped.node()
    jpegs = Inbox(tester, CompressedImage, "/front/image/compressed")
    remapped.add(CameraNode([])).start()
    assert jpegs.next().format == "bgr8; jpeg compressed bgr8"
