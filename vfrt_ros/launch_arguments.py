# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The nodes of a live system, and the arguments that people start them with.

Plain data, read by `vfrt live` and by `live.launch.py`, so that both know the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vfrt_ros.core.config.parameters import Parameter, Settings
from vfrt_ros.core.config.settings import CameraSettings, RecognitionSettings
from vfrt_ros.core.types.errors import SettingError, nearest
from vfrt_ros.nodes import names

PACKAGE = "vfrt_ros"
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")


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
NAMED_CAMERA = replace(
    CAMERA,
    remappings=(
        (names.IMAGE_RAW, names.IMAGE),
        (names.CAMERA_INFO, "camera_info"),
        (names.SET_CAMERA_INFO, "set_camera_info"),
    ),
)
"""One of several: in a namespace that is its name it publishes `image` and, beside it, `camera_info`."""
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
    LaunchArgument(
        name="cameras",
        meaning="Several cameras as NAME=SOURCE: front=0, left=rtsp://host/live, door=demo; a NAME alone = a driver "
        "that runs already and publishes NAME/image",
    ),
    LaunchArgument(name="namespace", meaning="Namespace of the nodes, for more than one in a system"),
    LaunchArgument(name="log_level", meaning="What the nodes report at least", options=LOG_LEVELS),
)
