# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Names of several cameras: what may be one, and which one is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vfrt_ros.core.types.errors import RequestError, SettingError, nearest

_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Source: rmw/validate_full_topic_name.h, a token of a name."""
_LONGEST = 60


def is_camera_name(name: str) -> bool:
    """Whether topics can be named after a camera of this name.

    Args:
        name: As somebody typed it.
    """
    return bool(_TOKEN.fullmatch(name)) and "__" not in name and len(name) <= _LONGEST


def check_cameras(cameras: Sequence[str]) -> None:
    """Refuse names that no topic could begin with, and one that stands twice.

    Args:
        cameras: Their names; none = one camera, which has no name.

    Raises:
        SettingError: One is not a token of a ROS name, or stands twice.

    >>> check_cameras(["front", "rear_left"])
    """
    for name in cameras:
        if not is_camera_name(name):
            raise SettingError(
                f"Parameter 'cameras' must be names of letters, digits and single _, none beginning with a digit and "
                f"none longer than {_LONGEST}: topics like {_example(name)}/image are named after them; got {name!a}."
            )
    for name in cameras:
        if cameras.count(name) > 1:
            raise SettingError(f"Parameter 'cameras' must name each camera once; '{name}' stands twice.")


def choose_camera(camera: str, cameras: Sequence[str]) -> str:
    """The camera that is meant.

    Args:
        camera: As it was asked for; empty = the only one, else the first.
        cameras: Those that there are; none = one camera, which has no name.

    Returns:
        Its name; empty = the one that has none.

    Raises:
        RequestError: There is no such camera.

    >>> choose_camera("", ["front", "left"]), choose_camera("left", ["front", "left"]), choose_camera("", [])
    ('front', 'left', '')
    """
    if camera in (*cameras, ""):
        return camera or (cameras[0] if cameras else "")
    if not cameras:
        raise RequestError(f"There is no camera {camera!a}: there is one camera, which has no name.")
    raise RequestError(f"There is no camera {camera!a}, only {', '.join(cameras)}.{nearest(camera, cameras)}")


def _example(name: str) -> str:
    mended = re.sub(r"_{2,}", "_", re.sub(r"[^A-Za-z0-9_]", "_", name))
    return mended[:_LONGEST] if _TOKEN.fullmatch(mended) else "front"
