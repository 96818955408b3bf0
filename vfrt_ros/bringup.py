# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How the nodes of a live system are started with the arguments that were given.

Plain data, read by `vfrt live` and by `live.launch.py`, so that both start the same thing. An argument
that was given reaches its node as `--ros-args -p name:=value`, which wins over `VFRT_*` variables and the
parameter file; an argument that was not given is not passed at all.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vfrt_ros.core.config.parameters import ENVIRONMENT_PREFIX, parse
from vfrt_ros.core.config.settings import CameraSettings
from vfrt_ros.core.types.errors import SettingError, nearest
from vfrt_ros.core.types.without_password import without_password
from vfrt_ros.launch_arguments import ARGUMENTS, CAMERA, NAMED_CAMERA, NODES, RECOGNITION, NodeDescription
from vfrt_ros.named_cameras import read_named_cameras
from vfrt_ros.nodes import names
from vfrt_ros.parameter_file import file_values, find_parameter_file
from vfrt_ros.ros_name import check_namespace

DEMO_LABELS = ("cat", "cup of coffee", "rocket", "motorcycle")
_TOPIC = re.compile(r"(~/|/)?[A-Za-z_]\w*(/[A-Za-z_]\w*)*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class NodeStart:
    """A node with everything that has to follow `--ros-args`, but for its name, namespace and remappings.

    Attributes:
        namespace: Below that of the system; empty = the same.
        environment: Variables for what must not stand on the command line, where launch logs it and `ps` shows it: an
            address with a password in it. They win over those of the person's shell, so over all but an argument.
    """

    node: NodeDescription
    ros_arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    namespace: str = ""

    @property
    def label(self) -> str:
        """Tells it from the others of the system: `recognition`, `front/camera`."""
        return full_name(self.namespace, self.node.name).strip("/")


def plan(
    given: Mapping[str, str],
    *,
    has_camera: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
) -> tuple[NodeStart, ...]:
    """How to start each node.

    Args:
        given: Values of `ARGUMENTS` by name; an empty text counts as not given.
        has_camera: Whether this machine has a camera; asked only where the answer matters.
        environment: Where `VFRT_*` variables are looked up; None = `os.environ`.

    Raises:
        SettingError: An argument is unknown or its value is wrong, or the parameter file is.
    """
    values = {name: text for name, text in given.items() if text}
    check_namespace(values.get("namespace", ""), "Argument 'namespace'")
    settings = _given_parameters(values)
    path = find_parameter_file(values["params_file"]) if "params_file" in values else None
    variables = os.environ if environment is None else environment
    wanted = _Precedence(settings, variables, path, values.get("namespace", ""))
    cameras, recognition = _cameras(values, wanted), _recognition(values)
    own = dict(settings[RECOGNITION.name])
    if named := list(read_named_cameras(values.get("cameras", ""))):
        own["cameras"] = named
    if cameras and not wanted.has(RECOGNITION, "init_labels") and _show_demo(cameras, wanted, has_camera):
        own["init_labels"] = DEMO_LABELS
    common = ["--params-file", str(path)] if path else []
    level = ["--log-level", values["log_level"]] if "log_level" in values else []
    return tuple(
        _start(node, namespace, parameters, common, level)
        for node, namespace, parameters in (*cameras, (recognition, "", own))
    )


def _start(
    node: NodeDescription,
    namespace: str,
    parameters: Mapping[str, Any],
    common: Sequence[str],
    level: Sequence[str],
) -> NodeStart:
    secret = {name: text for name, text in parameters.items() if _has_secret(text)}
    open_ = {name: value for name, value in parameters.items() if name not in secret}
    environment = {ENVIRONMENT_PREFIX + name.upper(): text for name, text in secret.items()}
    arguments = (*common, *_assignments(open_), *level)
    return NodeStart(node=node, ros_arguments=arguments, environment=environment, namespace=namespace)


def _cameras(
    values: Mapping[str, str], wanted: _Precedence
) -> list[tuple[NodeDescription, str, dict[str, Any]]]:
    """Our camera nodes, each with its namespace and its parameters."""
    given, named = wanted.settings[CAMERA.name], read_named_cameras(values.get("cameras", ""))
    if not named:
        if values.get("camera", "true" if _wants_camera(values, wanted) else "false") != "true":
            return []
        return [(CAMERA, "", dict(given))]
    for name in ("source", "image", "camera"):
        if name in values:
            raise SettingError(f"Argument 'cameras' says where each camera is: leave '{name}' out.")
    check = CameraSettings.parameters()["source"].check
    return [
        (NAMED_CAMERA, name, {**_of_its_own(name, wanted), **given, "source": check(source)})
        for name, source in named.items()
        if source
    ]


def _wants_camera(values: Mapping[str, str], wanted: _Precedence) -> bool:
    """Whether our one camera is to be started, where nobody says so."""
    if not wanted.find(RECOGNITION, "cameras"):
        return not values.get("image")
    if "source" in values:
        raise SettingError(
            "The node's parameter 'cameras' is set: give the sources by the argument 'cameras' (front=0, left=demo), "
            "not 'source'."
        )
    return False


def _of_its_own(camera: str, wanted: _Precedence) -> dict[str, Any]:
    """Arguments that differ from camera to camera, unless the person gives them."""
    own = {
        "frame_id": f"{camera}_optical_frame",
        "camera_info_url": f"${{ROS_HOME}}/camera_info/{camera}.yaml",
    }
    return {name: value for name, value in own.items() if wanted.find(CAMERA, name, camera) is None}


def _has_secret(value: Any) -> bool:
    return isinstance(value, str) and without_password(value) != value


def _recognition(values: Mapping[str, str]) -> NodeDescription:
    """The recognition node, listening where it was told to."""
    topic = values.get("image", "")
    if topic and not _TOPIC.fullmatch(topic):
        raise SettingError(f"Argument 'image' must be a topic like /usb_cam/image_raw; got '{topic}'.")
    if "cameras" in values:
        return replace(RECOGNITION, remappings=())
    return replace(RECOGNITION, remappings=((names.IMAGE, topic),)) if topic else RECOGNITION


def _given_parameters(values: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The checked values of the arguments that set a parameter, by node and parameter."""
    by_name = {argument.name: argument for argument in ARGUMENTS}
    settings: dict[str, dict[str, Any]] = {node.name: {} for node in NODES}
    for name, text in values.items():
        if name not in by_name:
            raise SettingError(f"Unknown argument '{name}'.{nearest(name, by_name)}")
        argument = by_name[name]
        if argument.node and argument.entry:
            if argument.parameter in settings[argument.node.name]:
                raise SettingError(f"Two arguments set '{argument.parameter}': leave '{name}' out.")
            settings[argument.node.name][argument.parameter] = argument.entry.check(
                parse(argument.entry, text)
            )
        elif argument.choices and text not in argument.choices:
            raise SettingError(
                f"Argument '{name}' must be one of {', '.join(argument.choices)}; got '{text}'."
            )
    return settings


def _assignments(values: Mapping[str, Any]) -> list[str]:
    """`-p name:=value` in YAML's flow style, in which a text in quotes stays one ('0' is a source)."""
    pairs = ((name, json.dumps(value, ensure_ascii=False)) for name, value in values.items())
    return [part for name, text in pairs for part in ("-p", f"{name}:={text}")]


@dataclass(frozen=True)
class _Precedence:
    """The value that a node will find for a parameter: argument over variable over file."""

    settings: Mapping[str, Mapping[str, Any]]
    variables: Mapping[str, str]
    path: Path | None
    namespace: str

    def find(self, node: NodeDescription, name: str, below: str = "") -> Any:
        """The value that wins, None where only the default is left.

        Args:
            below: The node's namespace in that of the system.
        """
        if name in self.settings[node.name]:
            return self.settings[node.name][name]
        variable = ENVIRONMENT_PREFIX + name.upper()
        if variable in self.variables:
            return self.variables[variable]
        namespace = f"{self.namespace}/{below}"
        return file_values(self.path, node.name, namespace).get(name) if self.path else None

    def has(self, node: NodeDescription, name: str) -> bool:
        return self.find(node, name) is not None


def _show_demo(
    cameras: Sequence[tuple[NodeDescription, str, Mapping[str, Any]]],
    wanted: _Precedence,
    has_camera: Callable[[], bool],
) -> bool:
    """Whether one of them shows the demo."""
    default = CAMERA.settings.parameters()["source"].default
    sources = [given.get("source") or wanted.find(CAMERA, "source") or default for _, _, given in cameras]
    return bool({"demo", "demo:objects"} & set(sources)) or ("auto" in sources and not has_camera())


def has_camera() -> bool:
    """Whether this machine has a camera that delivers, by the test of the camera node's `source: auto`."""
    from vfrt_ros.core.sources import open_source

    return open_source.has_camera()


def full_name(namespace: str, name: str) -> str:
    """The absolute name of a node or topic in a namespace.

    >>> full_name("robot1", "recognition"), full_name("", "overlay")
    ('/robot1/recognition', '/overlay')
    """
    return "/" + "/".join(part for part in (namespace.strip("/"), name) if part)


def live_command(address: str) -> str:
    """The command that starts the nodes in the namespace of a node.

    >>> live_command("/robot1/recognition"), live_command("/recognition")
    ('vfrt live --namespace robot1', 'vfrt live')
    """
    namespace = address.rpartition("/")[0].strip("/")
    return f"vfrt live --namespace {namespace}" if namespace else "vfrt live"
