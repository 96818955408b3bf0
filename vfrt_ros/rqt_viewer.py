# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which rqt `live.launch.py` opens: the package's perspective, the picture alone, or none, as far as is installed."""

from __future__ import annotations

import atexit
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vfrt_ros.bringup import full_name
from vfrt_ros.launch_arguments import RECOGNITION
from vfrt_ros.nodes.names import OVERLAY, of_camera
from vfrt_ros.parameter_file import config_folders

PERSPECTIVE = "vfrt.perspective"
GUI = "rqt_gui"
PICTURE = "rqt_image_view"
PACKAGES = (GUI, PICTURE, "rqt_reconfigure", "rqt_topic")
"""Packages that the perspective needs: rqt, and the packages of its plugins."""


@dataclass(frozen=True)
class Viewer:
    """The command to start and the sentence to say; each may be empty.

    Attributes:
        package: Of the program, which has the same name.
        arguments: Of the program.
        message: For the person.
    """

    package: str = ""
    arguments: tuple[str, ...] = ()
    message: str = ""


def choose_viewer(
    namespace: str, installed: Callable[[str], bool], distribution: str, camera: str = ""
) -> Viewer:
    """Choose what `rqt:=true` opens.

    Args:
        namespace: Of the nodes.
        installed: Whether a ROS package is there.
        distribution: ROS 2's, for the names of Debian packages.
        camera: Whose overlay is shown; empty = the only one's.
    """
    missing = [package for package in PACKAGES if not installed(package)]
    if not missing:
        return Viewer(GUI, ("--perspective-file", str(perspective_file(namespace, camera))))
    names = " ".join(f"ros-{distribution}-{package.replace('_', '-')}" for package in missing)
    install = f"sudo apt install {names}"
    if PICTURE not in missing:
        overlay = full_name(namespace, of_camera(camera, OVERLAY))
        message = f"rqt shows the picture alone; for parameters and topics beside it: {install}"
        return Viewer(PICTURE, (overlay,), message)
    return Viewer(message=f"rqt is not installed, so there is no window: {install} (or use `vfrt view`)")


def perspective_file(namespace: str = "", camera: str = "") -> Path:
    """The package's perspective, or for a namespace or a camera a copy of it with their names.

    The copy goes when this process ends.

    Raises:
        FileNotFoundError: The package was installed without it.
    """
    found = [folder / PERSPECTIVE for folder in config_folders() if (folder / PERSPECTIVE).is_file()]
    if not found:
        raise FileNotFoundError(f"{PERSPECTIVE} is in none of the package's config folders: build it again.")
    if not namespace.strip("/") and not camera:
        return found[0]
    with tempfile.NamedTemporaryFile("w", prefix="vfrt-", suffix=".perspective", delete=False) as file:
        copy = Path(file.name)
        atexit.register(copy.unlink, missing_ok=True)
        file.write(in_namespace(found[0].read_text(encoding="utf-8"), namespace, camera))
    return copy


def in_namespace(text: str, namespace: str, camera: str = "") -> str:
    """A perspective whose topic and node are those of a namespace.

    Args:
        text: Of a perspective file.
        namespace: Of the nodes.
        camera: Whose overlay is shown; empty = the only one's.
    """
    perspective = json.loads(text)
    plugins = perspective["groups"]["pluginmanager"]["groups"]
    picture = plugins["plugin__rqt_image_view__ImageView__1"]["groups"]["plugin"]["keys"]
    parameters = plugins["plugin__rqt_reconfigure__Param__1"]["groups"]["plugin"]["keys"]
    picture["topic"] = _value(full_name(namespace, of_camera(camera, OVERLAY)))
    parameters["selected_nodes"] = _value([full_name(namespace, RECOGNITION.name)])
    return json.dumps(perspective, indent=2) + "\n"


def _value(value: Any) -> dict[str, str]:
    """A value as rqt writes it."""
    return {"type": "repr", "repr": repr(value)}
