# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Where the calibration of a camera lies: from `camera_info_url` to a path."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.core.types.without_password import without_password

DEFAULT_URL = "file://${ROS_HOME}/camera_info/${NAME}.yaml"
"""Source: camera_info_manager."""


def ros_home(environment: Mapping[str, str] = os.environ) -> Path:
    """`$ROS_HOME`, by default `~/.ros`."""
    return Path(environment.get("ROS_HOME") or Path.home() / ".ros").expanduser()


def camera_info_path(url: str, name: str) -> Path:
    """The file that a URL means.

    Args:
        url: A path, `file://<path>` or `package://<package>/<path>`, with `${NAME}` and `${ROS_HOME}` in it; empty =
            `DEFAULT_URL`.
        name: Of the camera, for `${NAME}`.

    Raises:
        SettingError: The text is not such a URL, or names a user, a package or a variable that there is not.
    """
    url = _filled(url or DEFAULT_URL, {"NAME": name, "ROS_HOME": str(ros_home())})
    if not url.isprintable():
        raise SettingError(f"camera_info_url must be a path, file:// or package://; got {url!r}.")
    if url.startswith("package://"):
        package, _, rest = url.removeprefix("package://").partition("/")
        return _package_share(package) / unquote(rest)
    if url.startswith("file://"):
        return _expanded(unquote(url.removeprefix("file://").removeprefix("localhost")))
    if "://" in url:
        shown = without_password(url)
        raise SettingError(f"camera_info_url must be a path, file:// or package://; got '{shown}'.")
    return _expanded(url)


def _filled(url: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            known = " and ".join(f"${{{name}}}" for name in values)
            raise SettingError(f"camera_info_url: there is no ${{{found[1]}}}, only {known}.")
        return values[found[1]]

    return re.sub(r"\$\{([^}]*)\}", value, url)


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise SettingError(f"camera_info_url: there is no home folder for {path}.") from error


def _package_share(package: str) -> Path:
    from ament_index_python.packages import get_package_share_directory

    try:
        return Path(get_package_share_directory(package))
    except (LookupError, OSError, ValueError) as error:
        raise SettingError(f"camera_info_url: there is no package '{package}'.") from error
