# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("rclpy")

from vfrt_ros.core.sources.turn import Turn
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.nodes.camera_info import CalibrationError, load_camera_info, parse_camera_info, save_camera_info
from vfrt_ros.nodes.camera_info_path import camera_info_path

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


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "ros_home"
    monkeypatch.setenv("ROS_HOME", str(place))
    return place


def test_no_file_is_an_uncalibrated_camera(said: list[str]) -> None:
    info = load_camera_info("", SIZE, warn=said.append)
    assert (info.width, info.height) == SIZE
    assert not info.k.any()
    assert list(info.d) == []
    assert said == []


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_a_calibration_is_read(form: str, tmp_path: Path) -> None:
    info = load_camera_info(form.format(write(tmp_path, CALIBRATION)), SIZE)
    assert (info.width, info.height) == SIZE
    assert info.distortion_model == "plumb_bob"
    assert list(info.d) == [0.1, -0.2, 0, 0, 0]
    assert list(info.k) == CALIBRATION["camera_matrix"]["data"]
    assert list(info.r) == CALIBRATION["rectification_matrix"]["data"]
    assert list(info.p) == CALIBRATION["projection_matrix"]["data"]


NUMBERS = {
    "whole": ("5", 5.0),
    "exponent without a point": ("1e-3", 1e-3),
    "exponent without a sign": ("1.5e3", 1500.0),
    "capital exponent": ("2E2", 200.0),
    "no digit before the point": (".5", 0.5),
    "a sign and no digit": ("-.5", -0.5),
    "a plus": ("+1.5", 1.5),
    "no digit behind the point": ("5.", 5.0),
    "in quotes": ("'0.25'", 0.25),
}


@pytest.mark.parametrize(("written", "number"), NUMBERS.values(), ids=NUMBERS)
def test_a_number_is_one_however_it_is_written(written: str, number: float, tmp_path: Path) -> None:
    text = yaml.safe_dump(CALIBRATION).replace("- 0.1\n", f"- {written}\n")
    assert load_camera_info(str(write(tmp_path, text)), SIZE).d[0] == number


@pytest.mark.parametrize("side", ["640.0", "'640'", "6.4e2"])
def test_a_side_is_a_whole_number_however_it_is_written(side: str, tmp_path: Path) -> None:
    text = yaml.safe_dump(CALIBRATION).replace("image_width: 640", f"image_width: {side}")
    assert load_camera_info(str(write(tmp_path, text)), SIZE).width == 640


def changed(key: str, value: object) -> dict[str, Any]:
    return {**CALIBRATION, key: value}


WRONG = {
    "broken": ("{", "it is no YAML"),
    "empty": ("", "expected a mapping, got NoneType"),
    "list": ("- 1", "expected a mapping, got list"),
    "no size": ({}, "for frames of NonexNone, expected the width and height"),
    "a size of nothing": (changed("image_width", 0), "for frames of 0x480"),
    "half a pixel": (changed("image_width", 640.5), "for frames of 640.5x480"),
    "too wide": (changed("image_width", 2**40), "for frames of"),
    "no matrix": (changed("camera_matrix", 5), "camera_matrix has no list of numbers"),
    "texts": (changed("camera_matrix", {"data": ["a"] * 9}), "camera_matrix has no list of numbers"),
    "truth values": (changed("camera_matrix", {"data": [True] * 9}), "camera_matrix has no list of numbers"),
    "not a number": (changed("camera_matrix", {"data": [float("nan")] * 9}), "camera_matrix has a number"),
    "infinite": (
        changed("projection_matrix", {"data": [float("inf")] * 12}),
        "projection_matrix has a number",
    ),
    "too large": (changed("camera_matrix", {"data": [10**400] * 9}), "camera_matrix has no list of numbers"),
    "too few": (
        changed("projection_matrix", {"data": [1, 2]}),
        "projection_matrix has 2 numbers, expected 12",
    ),
    "three coefficients": (
        changed("distortion_coefficients", {"data": [1, 2, 3]}),
        "has 3 numbers, expected 0 or 4 or 5 or 8 or 12 or 14 for plumb_bob",
    ),
    "five for a fisheye": (changed("distortion_model", "equidistant"), "expected 0 or 4 for equidistant"),
    "half a character": (
        yaml.safe_dump(CALIBRATION).replace("plumb_bob", '"\\ud800"'),
        "distortion_model must be a name",
    ),
    "a model of two lines": (changed("distortion_model", "plumb\nbob"), "distortion_model must be a name"),
    "a model that is a number": (changed("distortion_model", 5), "distortion_model must be a name"),
}


@pytest.mark.parametrize(("content", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_one_clear_line(content: object, expected: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=expected) as caught:
        load_camera_info(str(write(tmp_path, content)), SIZE)
    assert "\n" not in str(caught.value)
    assert "eye.yaml" in str(caught.value)
    str(caught.value).encode()


def test_a_file_without_a_model_means_the_usual_one(tmp_path: Path) -> None:
    content = {key: value for key, value in CALIBRATION.items() if key != "distortion_model"}
    assert load_camera_info(str(write(tmp_path, content)), SIZE).distortion_model == "plumb_bob"


def test_another_size_is_told_and_published_as_it_stands(tmp_path: Path, said: list[str]) -> None:
    path = write(tmp_path, {**CALIBRATION, "image_width": 1280, "image_height": 720})
    info = load_camera_info(str(path), SIZE, warn=said.append)
    assert (info.width, info.height, info.k[0]) == (1280, 720, 500.0)
    (line,) = said
    assert "is for frames of 1280x720, the parameter size says 640x480" in line


PLACES = {
    "a folder": ("/nowhere/eye.yaml", "cannot be read: No such file"),
    "a scheme": ("http://host/eye.yaml", "must be a path, file:// or package://"),
    "a secret": ("http://me:word@host/eye.yaml", r"got 'http://\*\*\*@host/eye.yaml'"),
    "a package": ("package://no_such_package/eye.yaml", "no package 'no_such_package'"),
    "a variable": ("${HOME}/eye.yaml", r"there is no \$\{HOME\}, only \$\{NAME\} and \$\{ROS_HOME\}"),
    "a user": ("~nosuchuser/eye.yaml", "no home folder for ~nosuchuser"),
    "a null": ("/tmp/a\0b", "must be a path"),
    "a device that never ends": (
        "/dev/zero",
        "/dev/zero is no calibration for this camera: it is a folder, device",
    ),
    "a folder of that name": ("/dev", "it is a folder, device"),
}


@pytest.mark.parametrize(("url", "expected"), PLACES.values(), ids=PLACES)
def test_a_place_that_is_none(url: str, expected: str) -> None:
    with pytest.raises(SettingError, match=expected):
        load_camera_info(url, SIZE)


URLS = {
    "empty": ("", "{home}/camera_info/front_eye.yaml"),
    "the usual": ("file://${{ROS_HOME}}/camera_info/${{NAME}}.yaml", "{home}/camera_info/front_eye.yaml"),
    "the name alone": ("/calibrations/${{NAME}}.yaml", "/calibrations/front_eye.yaml"),
    "of this machine": ("file://localhost/eye.yaml", "/eye.yaml"),
    "a blank": ("file:///my%20eye.yaml", "/my eye.yaml"),
}


@pytest.mark.parametrize(("url", "path"), URLS.values(), ids=URLS)
def test_where_a_calibration_lies(url: str, path: str, home: Path) -> None:
    assert camera_info_path(url.format(), "front_eye") == Path(path.format(home=home))


@pytest.mark.parametrize("url", ["{folder}/eye.yaml", "file://${{ROS_HOME}}/calibrations/${{NAME}}.yaml"])
def test_a_file_that_is_not_there_yet_is_told_and_can_be_written(
    url: str, tmp_path: Path, said: list[str]
) -> None:
    url = url.format(folder=tmp_path)
    assert not load_camera_info(url, SIZE, warn=said.append).k.any()
    assert [line for line in said if "uncalibrated until set_camera_info writes it" in line] == said != []
    info, _ = parse_camera_info(CALIBRATION)
    save_camera_info(url, info)
    assert list(load_camera_info(url, SIZE).k) == CALIBRATION["camera_matrix"]["data"]


def test_a_bad_file_that_nobody_named_is_told_and_passed_over(home: Path, said: list[str]) -> None:
    path = home / "camera_info" / "camera.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    assert not load_camera_info("", SIZE, warn=said.append).k.any()
    (line,) = said
    assert "it is no YAML" in line and "taken as uncalibrated" in line


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    info, _ = parse_camera_info(
        {**CALIBRATION, "distortion_coefficients": {"data": [1e-7, 1e20, 0, 0, 1 / 3]}}
    )
    path = save_camera_info(str(tmp_path / "eye.yaml"), info, name="eye")
    again = load_camera_info(str(path), SIZE)
    assert again == info
    assert yaml.safe_load(path.read_text())["camera_name"] == "eye"


BAD = {
    "not a number": {"k": [float("nan")] * 9},
    "wrong coefficients": {"d": [1.0, 2.0, 3.0]},
    "no size": {"width": 0},
    "no name": {"distortion_model": "a\nb"},
}


@pytest.mark.parametrize("fields", BAD.values(), ids=BAD)
def test_what_could_not_be_read_again_is_not_saved(fields: dict[str, Any], tmp_path: Path) -> None:
    path = write(tmp_path, CALIBRATION)
    before = path.read_bytes()
    info, _ = parse_camera_info(CALIBRATION)
    for name, value in fields.items():
        setattr(info, name, value)
    with pytest.raises(CalibrationError):
        save_camera_info(str(path), info)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])


def test_a_place_that_cannot_be_written_is_one_line_and_nothing_is_left(tmp_path: Path) -> None:
    info, _ = parse_camera_info(CALIBRATION)
    (tmp_path / "eye.yaml").mkdir()
    with pytest.raises(SettingError, match=r"eye\.yaml cannot be written: "):
        save_camera_info(str(tmp_path / "eye.yaml"), info)
    assert [entry.name for entry in tmp_path.iterdir()] == ["eye.yaml"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link.yaml").symlink_to(write(tmp_path, CALIBRATION))
    info, _ = parse_camera_info({**CALIBRATION, "image_width": 320})
    save_camera_info(str(tmp_path / "link.yaml"), info)
    assert (tmp_path / "link.yaml").is_symlink()
    assert load_camera_info(str(tmp_path / "eye.yaml"), (320, 480)).width == 320


TURNS = {
    "the same": (Turn(180), Turn(180), ""),
    "another": (Turn(), Turn(180), "was made with rotate 0, flip none, and now it is rotate 180, flip none"),
}


@pytest.mark.parametrize(("before", "now", "words"), TURNS.values(), ids=TURNS)
def test_a_calibration_of_pictures_turned_otherwise_is_told(
    before: Turn, now: Turn, words: str, tmp_path: Path, said: list[str]
) -> None:
    info, _ = parse_camera_info(CALIBRATION)
    path = save_camera_info(str(tmp_path / "eye.yaml"), info, turn=before)
    load_camera_info(str(path), SIZE, turn=now, warn=said.append)
    assert [words in line for line in said] == ([True] if words else [])


def test_a_calibration_that_does_not_say_how_pictures_were_turned(tmp_path: Path, said: list[str]) -> None:
    path = write(tmp_path, CALIBRATION)
    load_camera_info(str(path), SIZE, warn=said.append)
    assert said == []
    load_camera_info(str(path), SIZE, turn=Turn(flip="both"), warn=said.append)
    assert "does not say how its pictures were turned" in said[0]
