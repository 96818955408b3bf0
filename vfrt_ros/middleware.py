# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The middleware that `RMW_IMPLEMENTATION` names, looked for before ROS 2 is loaded.

rcl ends the process while it is loaded where there is none of that name, so nothing in Python could say why.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType

from vfrt_ros.core.types.errors import VfrtError, nearest

VARIABLE = "RMW_IMPLEMENTATION"
_INDEX = Path("share/ament_index/resource_index/rmw_typesupport")
_CHOOSER = "rmw_implementation"
"""A package of the index that is not a middleware: it loads the one that is named."""


class MiddlewareError(VfrtError):
    """`RMW_IMPLEMENTATION` names a middleware that is not installed."""


def missing_middleware(environment: Mapping[str, str] = os.environ, prefix: str = sys.prefix) -> str:
    """One line that says which middleware is missing; empty where it is there, or where nothing tells.

    Args:
        environment: `os.environ`, or a test's.
        prefix: Folder that is looked into besides those of `AMENT_PREFIX_PATH`.
    """
    named = environment.get(VARIABLE, "")
    folders = [*environment.get("AMENT_PREFIX_PATH", "").split(os.pathsep), prefix]
    there = {entry.name for folder in folders if folder for entry in (Path(folder) / _INDEX).glob("*")}
    there.discard(_CHOOSER)
    if not named or not there or named in there:
        return ""
    package = f", or install ros-$ROS_DISTRO-{named.replace('_', '-')}" if named.startswith("rmw_") else ""
    return (
        f"{VARIABLE} is '{named}', which is not installed; there is {', '.join(sorted(there))}."
        f"{nearest(named, there)} Set it to that, or `unset {VARIABLE}`{package}."
    )


class _Refusing(MetaPathFinder):
    """Refuses rclpy, for the commands that need it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname == "rclpy":
            raise MiddlewareError(self._text)


def refuse_rclpy_without_middleware() -> None:
    """Let an import of rclpy raise a `MiddlewareError` where it would end the process."""
    if text := missing_middleware():
        sys.meta_path.insert(0, _Refusing(text))


def exit_without_middleware() -> None:
    """End the process with one line and status 1 where the middleware is missing."""
    if text := missing_middleware():
        sys.exit(text)
