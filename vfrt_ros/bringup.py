# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The parts of a live system: the nodes, and the arguments that people start them with.

Plain data, read by `vfrt live` and by `live.launch.py`, so that both start the same thing. An argument
that was given reaches its node as `--ros-args -p name:=value`, which wins over `VFRT_*` variables and the
parameter file; an argument that was not given is not passed at all.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vfrt_ros.core.config.parameters import ENVIRONMENT_PREFIX, Parameter, Settings, parse
from vfrt_ros.core.config.settings import CameraSettings, RecognitionSettings
from vfrt_ros.core.types.errors import SettingError, nearest
from vfrt_ros.core.types.without_password import without_password
from vfrt_ros.nodes import names
from vfrt_ros.parameter_file import file_values, find_parameter_file
from vfrt_ros.ros_name import check_namespace

PACKAGE = "vfrt_ros"
DEMO_LABELS = ("cat", "cup of coffee", "rocket", "motorcycle")
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")
_TOPIC = re.compile(r"(~/|/)?[A-Za-z_]\w*(/[A-Za-z_]\w*)*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class NodeDescription:
    """A node to start: its name in the graph, its parameters and what its topics are connected to."""

    name: str
    settings: type[Settings]
    remappings: tuple[tuple[str, str], ...] = ()

    @property
    def executable(self) -> str:
        """The name under `lib/vfrt_ros`, for `ros2 run` and launch."""
        return f"{self.name}_node"

    @property
    def module(self) -> str:
        """The Python module that `python -m` runs."""
        return f"{PACKAGE}.nodes.{self.executable}"


CAMERA = NodeDescription(name=names.CAMERA_NODE, settings=CameraSettings)
RECOGNITION = NodeDescription(
    name=names.RECOGNITION_NODE,
    settings=RecognitionSettings,
    remappings=((names.IMAGE, names.IMAGE_RAW),),
)
NODES = (CAMERA, RECOGNITION)


@dataclass(frozen=True, kw_only=True)
class LaunchArgument:
    """An argument of the live system.

    Attributes:
        node, parameter: The node parameter that it sets; None and empty where it sets none.
        meaning: What it does, where no parameter says so.
        options: The allowed values, where no parameter says so; empty = any.
    """

    name: str
    node: NodeDescription | None = None
    parameter: str = ""
    meaning: str = ""
    options: tuple[str, ...] = ()
    default: str = ""

    @property
    def entry(self) -> Parameter | None:
        """The row of the table of parameters that this argument sets.

        Raises:
            SettingError: The table has no such row.
        """
        if self.node is None:
            return None
        table = self.node.settings.parameters()
        if self.parameter not in table:
            known = nearest(self.parameter, table)
            raise SettingError(f"Argument '{self.name}' sets '{self.parameter}', no parameter.{known}")
        return table[self.parameter]

    @property
    def description(self) -> str:
        """One line for `--help` and `ros2 launch --show-args`."""
        return self.entry.description if self.entry else self.meaning

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed values; empty = any, or those of plug-ins too."""
        if self.entry and self.entry.plugins:
            return ()
        return tuple(str(choice) for choice in self.entry.choices) if self.entry else self.options


ARGUMENTS = (
    LaunchArgument(name="source", node=CAMERA, parameter="source"),
    LaunchArgument(name="size", node=CAMERA, parameter="size"),
    LaunchArgument(name="fps", node=CAMERA, parameter="fps"),
    LaunchArgument(name="rotate", node=CAMERA, parameter="rotate"),
    LaunchArgument(name="flip", node=CAMERA, parameter="flip"),
    LaunchArgument(name="backbone", node=RECOGNITION, parameter="backbone"),
    LaunchArgument(name="device", node=RECOGNITION, parameter="device"),
    LaunchArgument(name="labels", node=RECOGNITION, parameter="init_labels"),
    LaunchArgument(name="init_labels", node=RECOGNITION, parameter="init_labels"),
    LaunchArgument(name="regions", node=RECOGNITION, parameter="regions"),
    LaunchArgument(
        name="image",
        meaning="Image topic of a camera driver that runs already; then no camera is started, unless camera says so",
    ),
    LaunchArgument(name="image_transport", node=RECOGNITION, parameter="image_transport"),
    LaunchArgument(
        name="camera",
        meaning="Whether to start our own camera node; empty = unless image names another one's topic",
        options=("true", "false"),
    ),
    LaunchArgument(
        name="params_file",
        meaning="Parameter file: a path, or a file of the package's config folder (embedded)",
    ),
    LaunchArgument(name="namespace", meaning="Namespace of the nodes, for more than one in a system"),
    LaunchArgument(name="log_level", meaning="What the nodes report at least", options=LOG_LEVELS),
)


@dataclass(frozen=True, kw_only=True)
class NodeStart:
    """A node with everything that has to follow `--ros-args`, but for its name, namespace and remappings.

    Attributes:
        environment: Variables for what must not stand on the command line, where launch logs it and `ps` shows it: an
            address with a password in it. They win over those of the person's shell, so over all but an argument.
    """

    node: NodeDescription
    ros_arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


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
    nodes = _nodes(values)
    if CAMERA in nodes and not wanted.has(RECOGNITION, "init_labels") and _shows_demo(wanted, has_camera):
        settings[RECOGNITION.name]["init_labels"] = DEMO_LABELS
    common = ["--params-file", str(path)] if path else []
    level = ["--log-level", values["log_level"]] if "log_level" in values else []
    starts = []
    for node in nodes:
        secret = {name: text for name, text in settings[node.name].items() if _has_secret(text)}
        open_ = {name: value for name, value in settings[node.name].items() if name not in secret}
        environment = {ENVIRONMENT_PREFIX + name.upper(): text for name, text in secret.items()}
        arguments = (*common, *_assignments(open_), *level)
        starts.append(NodeStart(node=node, ros_arguments=arguments, environment=environment))
    return tuple(starts)


def _has_secret(value: Any) -> bool:
    return isinstance(value, str) and without_password(value) != value


def _nodes(values: Mapping[str, str]) -> tuple[NodeDescription, ...]:
    """The nodes to start, the recognition listening where it was told to."""
    topic = values.get("image", "")
    if topic and not _TOPIC.fullmatch(topic):
        raise SettingError(f"Argument 'image' must be a topic like /usb_cam/image_raw; got '{topic}'.")
    hears = ((names.IMAGE, topic),) if topic else RECOGNITION.remappings
    recognition = replace(RECOGNITION, remappings=hears)
    own_camera = values.get("camera", "false" if topic else "true") == "true"
    return (CAMERA, recognition) if own_camera else (recognition,)


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
    """What a node will find for a parameter: argument over variable over file."""

    settings: Mapping[str, Mapping[str, Any]]
    variables: Mapping[str, str]
    path: Path | None
    namespace: str

    def find(self, node: NodeDescription, name: str) -> Any:
        """The value that wins, None where only the default is left."""
        if name in self.settings[node.name]:
            return self.settings[node.name][name]
        variable = ENVIRONMENT_PREFIX + name.upper()
        if variable in self.variables:
            return self.variables[variable]
        return file_values(self.path, node.name, self.namespace).get(name) if self.path else None

    def has(self, node: NodeDescription, name: str) -> bool:
        return self.find(node, name) is not None


def _shows_demo(wanted: _Precedence, has_camera: Callable[[], bool]) -> bool:
    source = wanted.find(CAMERA, "source") or CAMERA.settings.parameters()["source"].default
    return source in ("demo", "demo:objects") or (source == "auto" and not has_camera())


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
    """What starts the nodes in the namespace of a node.

    >>> live_command("/robot1/recognition"), live_command("/recognition")
    ('vfrt live --namespace robot1', 'vfrt live')
    """
    namespace = address.rpartition("/")[0].strip("/")
    return f"vfrt live --namespace {namespace}" if namespace else "vfrt live"
