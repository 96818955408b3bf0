# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The calibration of a camera, read from and written to the YAML file of ROS calibration tools."""

from __future__ import annotations

import logging
import math
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from sensor_msgs.msg import CameraInfo

from vfrt_ros.core.config.yaml_text import read_yaml
from vfrt_ros.core.sources.turn import Turn
from vfrt_ros.core.types.errors import SettingError, words_of
from vfrt_ros.nodes.camera_info_path import camera_info_path, ros_home

MATRICES = {
    "camera_matrix": ("k", 3, 3),
    "rectification_matrix": ("r", 3, 3),
    "projection_matrix": ("p", 3, 4),
}
"""Key in the file: field of the message, rows, columns. Source: camera_calibration_parsers."""
OPENCV = (0, 4, 5, 8, 12, 14)
COEFFICIENTS = {"plumb_bob": OPENCV, "rational_polynomial": OPENCV, "equidistant": (0, 4), "fisheye": (0, 4)}
"""How many distortion coefficients a model can have. Source: OpenCV, calib3d; sensor_msgs/distortion_models."""
MOST_COEFFICIENTS = 100
USUAL_MODEL = "plumb_bob"
"""The model of a file without a distortion_model. Source: camera_calibration_parsers."""
TURN = "vfrt_turn"
"""Key under which we write how the pictures were turned when they were calibrated; other tools pass over it."""

_log = logging.getLogger(__name__)


class CalibrationError(SettingError):
    """The content of a calibration cannot be used."""


def load_camera_info(
    url: str,
    size: tuple[int, int],
    *,
    name: str = "camera",
    turn: Turn | None = None,
    warn: Callable[[str], None] = _log.warning,
) -> CameraInfo:
    """The calibration, without a header.

    A file that is not there yet is accepted where `set_camera_info` can write it: in a folder that exists, or below
    `$ROS_HOME`. A bad file in the default place, which nobody named, is told and passed over.

    Args:
        url: See `camera_info_path`.
        size: Width and height of the published frames in pixels.
        name: Of the camera.
        turn: How the pictures are turned.
        warn: Gets one line for what does not fit.

    Returns:
        The calibration; for an uncalibrated camera all matrices are zero (see CameraInfo.msg).

    Raises:
        SettingError: The file that was named cannot be read or is not a calibration.
    """
    path = camera_info_path(url, name)
    try:
        info, made_with = parse_camera_info(_content(path))
    except FileNotFoundError as error:
        if url:
            if not path.parent.is_dir() and not path.is_relative_to(ros_home()):
                raise SettingError(f"camera_info_url: {path} cannot be read: {words_of(error)}.") from error
            warn(
                f"There is no calibration {path} yet: the camera is uncalibrated until set_camera_info writes it."
            )
        return CameraInfo(width=size[0], height=size[1])
    except (OSError, CalibrationError) as error:
        what = "cannot be read" if isinstance(error, OSError) else "is no calibration for this camera"
        fault = f"{path} {what}: {words_of(error)}."
        if url:
            raise SettingError(f"camera_info_url: {fault}") from error
        warn(f"{fault} The camera is taken as uncalibrated.")
        return CameraInfo(width=size[0], height=size[1])
    for line in _doubts(info, size, made_with, turn or Turn()):
        warn(f"The calibration {path} {line}")
    return info


def save_camera_info(url: str, info: CameraInfo, *, name: str = "camera", turn: Turn | None = None) -> Path:
    """Write a calibration where `load_camera_info` reads it: whole, or not at all.

    Returns:
        The file.

    Raises:
        CalibrationError: The calibration could not be read again: a wrong number of coefficients, not a number, …
        SettingError: It cannot be written there.
    """
    content = _as_content(info, name, turn or Turn())
    parse_camera_info(content)
    path = camera_info_path(url, name).resolve()
    text = yaml.safe_dump(content, sort_keys=False, default_flow_style=None, allow_unicode=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, text)
    except OSError as error:
        raise SettingError(f"camera_info_url: {path} cannot be written: {words_of(error)}.") from error
    return path


def parse_camera_info(content: Any) -> tuple[CameraInfo, str | None]:
    """Read a calibration from the content of a file.

    Returns:
        The calibration, and how pictures were turned when it was made; None = the file does not say.

    Raises:
        CalibrationError: The text is not a calibration.
    """
    if not isinstance(content, Mapping):
        raise CalibrationError(f"expected a mapping, got {type(content).__name__}.")
    width, height = (_whole(content.get(key)) for key in ("image_width", "image_height"))
    if width is None or height is None:
        has = f"{content.get('image_width')}x{content.get('image_height')}"[:60]
        raise CalibrationError(
            f"it is for frames of {has}, expected the width and height of pictures in pixels."
        )
    info = CameraInfo(width=width, height=height)
    info.distortion_model = _model(content.get("distortion_model"))
    info.d = _numbers(content, "distortion_coefficients")
    _check_coefficients(info)
    for key, (field, rows, columns) in MATRICES.items():
        numbers = _numbers(content, key)
        if len(numbers) != rows * columns:
            raise CalibrationError(f"{key} has {len(numbers)} numbers, expected {rows * columns}.")
        setattr(info, field, numbers)
    turned = content.get(TURN)
    return info, str(turned) if turned is not None else None


def _content(path: Path) -> Any:
    if path.exists() and not path.is_file():  # a device or pipe may never end
        raise CalibrationError("it is a folder, device or pipe.")
    try:
        return read_yaml(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CalibrationError(f"it is no YAML: {' '.join(str(error).split())}") from error


def _whole(value: Any) -> int | None:
    """A side of a picture, however YAML has written it; None where it is not one."""
    number = _number(value)
    if number is None or not number.is_integer() or not 0 < number < 2**32:
        return None
    return int(number)


def _number(value: Any) -> float | None:
    """A number however YAML writes it (`1e-3` without a point is a text to PyYAML); None where it is not one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _numbers(content: Mapping[str, Any], key: str) -> list[float]:
    matrix = content.get(key)
    data = matrix.get("data") if isinstance(matrix, Mapping) else None
    numbers = [_number(entry) for entry in data] if isinstance(data, list) else [None]
    given = [number for number in numbers if number is not None]
    if len(given) != len(numbers):
        raise CalibrationError(f"{key} has no list of numbers named data.")
    if not all(math.isfinite(number) for number in given):
        raise CalibrationError(f"{key} has a number that is too large or none at all.")
    return given


def _model(value: Any) -> str:
    if value is None or value == "":
        return USUAL_MODEL
    if not isinstance(value, str) or not value.isprintable() or len(value) > MOST_COEFFICIENTS:
        shown = ascii(value)[:60]
        raise CalibrationError(f"distortion_model must be a name like {USUAL_MODEL}; got {shown}.")
    return value


def _check_coefficients(info: CameraInfo) -> None:
    count, allowed = len(info.d), COEFFICIENTS.get(info.distortion_model)
    if count > MOST_COEFFICIENTS or (allowed is not None and count not in allowed):
        expected = " or ".join(str(number) for number in allowed or (f"at most {MOST_COEFFICIENTS}",))
        raise CalibrationError(
            f"distortion_coefficients has {count} numbers, expected {expected} for {info.distortion_model}."
        )


def _doubts(info: CameraInfo, size: tuple[int, int], made_with: str | None, turn: Turn) -> list[str]:
    """Sentences on how a calibration does not fit the pictures that go out."""
    doubts = []
    if (info.width, info.height) != size:
        doubts.append(
            f"is for frames of {info.width}x{info.height}, the parameter size says {size[0]}x{size[1]}: it is "
            "published as it stands, and does not describe these pictures. Calibrate anew, or set that size."
        )
    if made_with is not None and made_with != str(turn):
        doubts.append(f"was made with {made_with}, and now it is {turn}: calibrate anew.")
    if made_with is None and turn != Turn():
        doubts.append(f"does not say how its pictures were turned: it has to be one of pictures with {turn}.")
    return doubts


def _as_content(info: CameraInfo, name: str, turn: Turn) -> dict[str, Any]:
    content: dict[str, Any] = {
        "image_width": int(info.width),
        "image_height": int(info.height),
        "camera_name": name,
        "distortion_model": str(info.distortion_model),
        "distortion_coefficients": {"rows": 1, "cols": len(info.d), "data": [float(x) for x in info.d]},
    }
    for key, (field, rows, columns) in MATRICES.items():
        numbers = [float(number) for number in getattr(info, field)]
        content[key] = {"rows": rows, "cols": columns, "data": numbers}
    return {**content, TURN: str(turn)}


def _replace(path: Path, text: str) -> None:
    """Put a text in the place of a file, on disk before this returns."""
    handle, new = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(new).chmod(0o644)
        Path(new).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(new).unlink()
        raise
