# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`camera/set_camera_info`, as camera_calibration calls it; and the pictures of a camera that is mounted sideways."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

pytest.importorskip("rclpy")

from fixtures.waiting import wait_for
from nodes.inbox import Inbox
from sensor_msgs.msg import CameraInfo, Image
from sensor_msgs.srv import SetCameraInfo

from vfrt_ros.nodes import names
from vfrt_ros.nodes.camera_node import CameraNode
from vfrt_ros.nodes.conversions import frame_from_image

pytestmark = pytest.mark.ros


@pytest.fixture
def camera(ros: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., CameraNode]:
    """Makes the node with these parameters and starts it; its picture is dark, with a light corner at its top left."""
    picture = np.full((48, 64, 3), 20, np.uint8)
    picture[:16, :16] = 200
    (tmp_path / "pictures").mkdir()
    cv2.imwrite(str(tmp_path / "pictures" / "a.png"), picture)

    def make(**parameters: object) -> CameraNode:
        given = {"source": tmp_path / "pictures", "size": "[64, 48]", "fps": 50.0, **parameters}
        for name, value in given.items():
            monkeypatch.setenv(f"VFRT_{name.upper()}", str(value))
        node = ros.add(CameraNode([]))
        node.start()
        return node

    return make


def calibration(**fields: Any) -> CameraInfo:
    values: dict[str, Any] = {
        "width": 64,
        "height": 48,
        "distortion_model": "plumb_bob",
        "d": [0.1, -0.2, 0.0, 0.0, 0.0],
        "k": [50.0, 0.0, 32.0, 0.0, 50.0, 24.0, 0.0, 0.0, 1.0],
        "r": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        "p": [50.0, 0.0, 32.0, 0.0, 0.0, 50.0, 24.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        **fields,
    }
    return CameraInfo(**values)


def commit(ros: Any, info: CameraInfo) -> Any:
    tester = ros.node("cameracalibrator")
    return ros.call(tester, "/camera", SetCameraInfo, "/camera/set_camera_info", camera_info=info)


def test_a_calibration_is_in_force_at_once_saved_and_there_after_a_restart(
    ros: Any, camera: Callable[..., CameraNode], tmp_path: Path
) -> None:
    infos = Inbox(ros.node(), CameraInfo, names.CAMERA_INFO)
    node = camera()
    assert not infos.next().k.any()
    response = commit(ros, calibration())
    path = tmp_path / "ros_home" / "camera_info" / "camera.yaml"
    assert (response.success, response.status_message) == (True, f"In force, and saved in {path}.")
    wait_for(lambda: infos.next().k[0] == 50.0, "the calibration in force")
    assert infos.messages[-1].header.frame_id == "camera_optical_frame"
    assert yaml.safe_load(path.read_text())["camera_matrix"]["data"][2] == 32.0
    for step in ("deactivate", "cleanup", "configure", "activate"):
        getattr(node, f"trigger_{step}")()
    assert infos.next().k[0] == 50.0


def test_it_is_saved_where_the_url_says(ros: Any, camera: Callable[..., CameraNode], tmp_path: Path) -> None:
    camera(camera_info_url="file://${ROS_HOME}/mine/${NAME}.yaml")
    assert commit(ros, calibration()).success
    assert (tmp_path / "ros_home" / "mine" / "camera.yaml").is_file()


REFUSED = {
    "not a number": ({"k": [float("nan")] * 9}, "camera_matrix has a number"),
    "wrong coefficients": ({"d": [1.0]}, "distortion_coefficients has 1 numbers"),
    "no size": ({"width": 0}, "for frames of 0x48"),
}


@pytest.mark.parametrize(("fields", "words"), REFUSED.values(), ids=REFUSED)
def test_a_bad_one_is_refused_and_changes_nothing(
    ros: Any, camera: Callable[..., CameraNode], tmp_path: Path, fields: dict[str, Any], words: str
) -> None:
    camera()
    assert commit(ros, calibration()).success
    path = tmp_path / "ros_home" / "camera_info" / "camera.yaml"
    before = path.read_bytes()
    response = commit(ros, calibration(**fields))
    assert not response.success
    assert words in response.status_message
    assert path.read_bytes() == before
    assert Inbox(ros.node("again"), CameraInfo, names.CAMERA_INFO).next().k[0] == 50.0


def test_a_place_that_cannot_be_written_is_told_and_changes_nothing(
    ros: Any, camera: Callable[..., CameraNode], tmp_path: Path
) -> None:
    (tmp_path / "ros_home").mkdir(exist_ok=True)
    (tmp_path / "ros_home" / "camera_info").write_text("a file")
    camera()
    response = commit(ros, calibration())
    assert not response.success
    assert "cannot be written" in response.status_message
    assert not Inbox(ros.node(), CameraInfo, names.CAMERA_INFO).next().k.any()


CORNERS = {
    "upright": (0, "none", (64, 48), (0, 0)),
    "on its right side": (90, "none", (48, 64), (0, -1)),
    "upside down": (180, "none", (64, 48), (-1, -1)),
    "on its left side": (270, "none", (48, 64), (-1, 0)),
    "mirrored": (0, "horizontal", (64, 48), (0, -1)),
    "top and bottom": (0, "vertical", (64, 48), (-1, 0)),
    "both": (0, "both", (64, 48), (-1, -1)),
}


@pytest.mark.parametrize(("rotate", "flip", "size", "corner"), CORNERS.values(), ids=CORNERS)
def test_pictures_are_made_upright(
    ros: Any,
    camera: Callable[..., CameraNode],
    rotate: int,
    flip: str,
    size: tuple[int, int],
    corner: tuple[int, int],
) -> None:
    images = Inbox(ros.node(), Image, names.IMAGE_RAW)
    camera(rotate=rotate, flip=flip, size=f"[{size[0]}, {size[1]}]")
    frame = frame_from_image(images.next())
    assert frame.shape == (size[1], size[0], 3)
    light = {place for place in ((0, 0), (0, -1), (-1, 0), (-1, -1)) if frame[place].mean() > 100}
    assert light == {corner}
