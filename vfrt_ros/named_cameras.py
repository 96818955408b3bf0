# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Several cameras as people name them: `front=0, left=rtsp://host/live, door=demo`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from vfrt_ros.core.config.camera_names import check_cameras
from vfrt_ros.core.config.read_list import read_list
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.core.types.without_password import without_password

YES_OR_NO = ("true", "false")


def read_named_cameras(text: str) -> dict[str, str]:
    """The source of each camera by its name, in their order.

    Args:
        text: NAME=SOURCE, comma separated; one whose source has commas stands in quotes. A NAME alone means a driver
            that runs already and publishes NAME/image: its source is empty.

    Raises:
        SettingError: A name cannot be one, stands twice, or has no source.

    >>> read_named_cameras("front=0, 'left=a, b.mp4', door")
    {'front': '0', 'left': 'a, b.mp4', 'door': ''}
    """
    cameras: list[tuple[str, str]] = []
    for entry in read_list(text):
        name, sign, source = (part.strip() for part in entry.partition("="))
        if sign and not source:
            raise SettingError(f"The camera '{name}' has no source after its =: {name}=0, {name}=demo …")
        cameras.append((name, source))
    try:
        check_cameras([name for name, _ in cameras])
    except SettingError as error:
        shown = without_password(text)
        raise SettingError(
            f"{error} Cameras are given as NAME=SOURCE: front=0, left=demo; got {shown!r}."
        ) from error
    return dict(cameras)


def join_named_cameras(entries: Sequence[str]) -> str:
    """NAME=SOURCE of each camera as one text for `read_named_cameras`, whatever stands in a source."""
    return json.dumps(list(entries), ensure_ascii=False) if entries else ""


def split_flags(flags: Sequence[str]) -> tuple[str, str]:
    """The values of `vfrt live --camera`, which names cameras, or says whether ours is to be started.

    Args:
        flags: In their order.

    Returns:
        The launch arguments `camera` and `cameras`.

    Raises:
        SettingError: Both were meant.

    >>> split_flags(["false"]), split_flags(["front=0", "left=demo"])
    (('false', ''), ('', '["front=0", "left=demo"]'))
    """
    plain = [flag for flag in flags if flag in YES_OR_NO]
    if not plain:
        return "", join_named_cameras(flags)
    if len(flags) > 1:
        raise SettingError("--camera is either NAME=SOURCE, once for each camera, or one true or false.")
    return plain[0], ""
