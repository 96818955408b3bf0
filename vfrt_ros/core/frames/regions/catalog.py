# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Names to region sources. Another package adds its own by an entry point.

    [project.entry-points."vfrt.region_sources"]
    my_detector = "my_package.boxes:build"

The object named is called with keywords only, one source for each camera, and must tolerate more of them (`**kw`),
since later versions may add some: `camera` (str), the name of the camera, empty where it is the only one.
What it returns has the members of `RegionSource`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import Any

from vfrt_ros.core.config.settings import REGION_SOURCES
from vfrt_ros.core.frames.regions.grid import GridSource
from vfrt_ros.core.frames.regions.motion import MotionSource
from vfrt_ros.core.frames.regions.source import RegionSource
from vfrt_ros.core.types.errors import SettingError, VfrtError, first_line

OFF, TOPIC = "off", "topic"
"""The values of `regions` that name no source: none is wanted, or boxes come from outside."""
BUILDERS: dict[str, Callable[..., RegionSource]] = {"motion": MotionSource, "grid": GridSource}


def build_region_source(name: str, camera: str = "") -> RegionSource | None:
    """The source that `regions` names; None = there is none of ours.

    Args:
        name: A value of the parameter.
        camera: Whose pictures it will see.

    Raises:
        SettingError: There is no such source, or its plug-in is broken.
    """
    if name in (OFF, TOPIC):
        return None
    if name in BUILDERS:
        return BUILDERS[name](camera=camera)
    try:
        (point,) = metadata.entry_points(group=REGION_SOURCES, name=name)
        source = point.load()(camera=camera)
    except VfrtError:
        raise
    except ValueError as error:
        raise SettingError(f"There is no one region source '{name}'.") from error
    except Exception as error:
        raise SettingError(
            f"The region source '{name}' cannot be loaded: {type(error).__name__}: {first_line(error)}"
        ) from error
    return _checked(name, source)


def _checked(name: str, source: Any) -> RegionSource:
    missing = [member for member in ("searches", "propose", "reset") if not hasattr(source, member)]
    if missing:
        raise SettingError(f"The region source '{name}' has no {', '.join(missing)}.")
    return source
