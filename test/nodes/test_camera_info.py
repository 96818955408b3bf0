from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("rclpy")

from vfrt_ros.core.errors import SettingError
from vfrt_ros.nodes.camera_info import load_camera_info

SIZE = (640, 480)
CALIBRATION: dict[str, Any] = {
    "image_width": 640,
    "image_height": 480,
    "camera_name": "eye",
    "camera_matrix": {"rows": 3, "cols": 3, "data": [500, 0, 320, 0, 500.5, 240, 0, 0, 1]},
    "distortion_model": "plumb_bob",
    "distortion_coefficients": {"rows": 1, "cols": 5, "data": [0.1, -0.2, 0, 0, 0]},
    "rectification_matrix": {"rows": 3, "cols": 3, "data": [1, 0, 0, 0, 1, 0, 0, 0, 1]},
    "projection_matrix": {"rows": 3, "cols": 4, "data": [500, 0, 320, 0, 0, 500, 240, 0, 0, 0, 1, 0]},
}


def write(folder: Path, content: object) -> Path:
    path = folder / "eye.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def test_no_file_is_an_uncalibrated_camera() -> None:
    info = load_camera_info("", SIZE)
    assert (info.width, info.height) == SIZE
    assert not info.k.any()
    assert list(info.d) == []


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_a_calibration_is_read(form: str, tmp_path: Path) -> None:
    info = load_camera_info(form.format(write(tmp_path, CALIBRATION)), SIZE)
    assert (info.width, info.height) == SIZE
    assert info.distortion_model == "plumb_bob"
    assert list(info.d) == [0.1, -0.2, 0, 0, 0]
    assert list(info.k) == CALIBRATION["camera_matrix"]["data"]
    assert list(info.r) == CALIBRATION["rectification_matrix"]["data"]
    assert list(info.p) == CALIBRATION["projection_matrix"]["data"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "is no YAML"),
        ("", "expected a mapping, got NoneType"),
        ("- 1", "expected a mapping, got list"),
        ({**CALIBRATION, "image_width": 1280}, "for frames of 1280x480, the parameter size says 640x480"),
        ({}, "for frames of NonexNone"),
        ({**CALIBRATION, "camera_matrix": 5}, "camera_matrix has no list of numbers"),
        ({**CALIBRATION, "camera_matrix": {"data": ["a"] * 9}}, "camera_matrix has no list of numbers"),
        (
            {**CALIBRATION, "projection_matrix": {"data": [1, 2]}},
            "projection_matrix has 2 numbers, expected 12",
        ),
    ],
    ids=["broken", "empty", "list", "other size", "no size", "no matrix", "texts", "too few"],
)
def test_a_wrong_file_is_one_clear_line(content: object, expected: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=expected) as caught:
        load_camera_info(str(write(tmp_path, content)), SIZE)
    assert "\n" not in str(caught.value)
    assert "eye.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/nowhere/eye.yaml", "cannot be read: No such file"),
        ("http://host/eye.yaml", "must be a path, file:// or package://"),
        ("package://no_such_package/eye.yaml", "no package 'no_such_package'"),
    ],
)
def test_a_place_that_is_none(url: str, expected: str) -> None:
    with pytest.raises(SettingError, match=expected):
        load_camera_info(url, SIZE)
