"""The calibration of a camera, from the YAML file that ROS calibration tools write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sensor_msgs.msg import CameraInfo

from vfrt_ros.core.errors import SettingError
from vfrt_ros.core.yaml_text import read_yaml

MATRICES = {
    "camera_matrix": ("k", 3, 3),
    "rectification_matrix": ("r", 3, 3),
    "projection_matrix": ("p", 3, 4),
}
"""Key in the file: field of the message, rows, columns. Source: camera_calibration_parsers."""


def load_camera_info(url: str, size: tuple[int, int]) -> CameraInfo:
    """The calibration, without a header.

    Args:
        url: A path, `file://<path>` or `package://<package>/<path>`; empty = an uncalibrated camera,
            whose matrices are all zero (see CameraInfo.msg).
        size: Width and height of the published frames in pixels.

    Raises:
        SettingError: The file cannot be read, is no calibration, or one for frames of another size.
    """
    if not url:
        return CameraInfo(width=size[0], height=size[1])
    path = _path_of(url)
    try:
        content = read_yaml(path.read_text())
        return _parse(content, size)
    except OSError as error:
        raise SettingError(f"camera_info_url: {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SettingError(f"camera_info_url: {path} is no YAML: {' '.join(str(error).split())}") from error
    except _CalibrationError as error:
        raise SettingError(f"camera_info_url: {path} is no calibration for this camera: {error}") from error


class _CalibrationError(Exception):
    """What is wrong with the content of the file."""


def _path_of(url: str) -> Path:
    if url.startswith("package://"):
        package, _, rest = url.removeprefix("package://").partition("/")
        return _package_share(package) / unquote(rest)
    if url.startswith("file://"):
        return Path(unquote(url.removeprefix("file://")))
    if "://" in url:
        raise SettingError(f"camera_info_url must be a path, file:// or package://; got '{url}'.")
    return Path(url).expanduser()


def _package_share(package: str) -> Path:
    from ament_index_python.packages import get_package_share_directory

    try:
        return Path(get_package_share_directory(package))
    except (LookupError, OSError, ValueError) as error:
        raise SettingError(f"camera_info_url: there is no package '{package}'.") from error


def _parse(content: Any, size: tuple[int, int]) -> CameraInfo:
    if not isinstance(content, Mapping):
        raise _CalibrationError(f"expected a mapping, got {type(content).__name__}.")
    has = content.get("image_width"), content.get("image_height")
    if has != size:
        raise _CalibrationError(
            f"it is for frames of {has[0]}x{has[1]}, the parameter size says {size[0]}x{size[1]}."
        )
    info = CameraInfo(width=size[0], height=size[1])
    info.distortion_model = str(content.get("distortion_model", ""))
    info.d = _numbers(content, "distortion_coefficients", None)
    for key, (field, rows, columns) in MATRICES.items():
        setattr(info, field, _numbers(content, key, rows * columns))
    return info


def _numbers(content: Mapping[str, Any], key: str, count: int | None) -> list[float]:
    matrix = content.get(key)
    data = matrix.get("data") if isinstance(matrix, Mapping) else None
    if not isinstance(data, list) or not all(type(entry) in (int, float) for entry in data):
        raise _CalibrationError(f"{key} has no list of numbers named data.")
    if count is not None and len(data) != count:
        raise _CalibrationError(f"{key} has {len(data)} numbers, expected {count}.")
    try:
        return [float(entry) for entry in data]
    except OverflowError:
        raise _CalibrationError(f"{key} has a number that is too large.") from None
