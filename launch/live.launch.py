# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What `vfrt live` starts, for `ros2 launch`; beside it the panel, or rqt with overlay, parameters and topics.

ros2 launch vfrt_ros live.launch.py source:=0 labels:='cup,phone' panel:=true rqt:=true
ros2 launch vfrt_ros live.launch.py cameras:='front=0, left=rtsp://host/live, door=demo'
"""

from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch.actions import DeclareLaunchArgument, ExecuteProcess, LogInfo, OpaqueFunction
from launch.substitutions import EnvironmentVariable
from launch_ros.actions import Node
from launch_ros.utilities import prefix_namespace

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from vfrt_ros.bringup import NodeStart, has_camera, plan
from vfrt_ros.launch_arguments import ARGUMENTS, PACKAGE, LaunchArgument
from vfrt_ros.named_cameras import read_named_cameras
from vfrt_ros.rqt_viewer import choose_viewer


def generate_launch_description() -> LaunchDescription:
    """What `ros2 launch` asks for."""
    return LaunchDescription(
        [
            *(declare(argument) for argument in ARGUMENTS),
            DeclareLaunchArgument(
                "rqt", default_value="false", choices=["true", "false"], description="Open rqt on the nodes"
            ),
            DeclareLaunchArgument(
                "panel",
                default_value="false",
                choices=["true", "false"],
                description="Serve the panel for browsers",
            ),
            OpaqueFunction(function=start_nodes),
            OpaqueFunction(function=start_viewer),
            OpaqueFunction(function=start_panel),
        ]
    )


def declare(argument: LaunchArgument) -> DeclareLaunchArgument:
    """An argument that is empty unless given, so that only what was given reaches a node."""
    choices = ["", *argument.choices] if argument.choices else None
    return DeclareLaunchArgument(
        argument.name, default_value="", choices=choices, description=argument.description
    )


def start_nodes(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The nodes, once it is known which arguments were given."""
    given = {argument.name: context.launch_configurations[argument.name] for argument in ARGUMENTS}
    return [as_node(start, given["namespace"]) for start in plan(given, has_camera=has_camera)]


def as_node(start: NodeStart, namespace: str) -> Node:
    """The launch action for a node of the plan, in a namespace or below it."""
    return Node(
        package=PACKAGE,
        executable=start.node.executable,
        name=start.node.name,
        namespace="/".join(part for part in (namespace.rstrip("/"), start.namespace) if part),
        remappings=list(start.node.remappings),
        ros_arguments=list(start.ros_arguments),
        additional_env=dict(start.environment),
        output="screen",
        emulate_tty=True,
    )


def start_viewer(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """rqt, if it is wanted, as far as it is installed, on the only camera or the first of several."""
    if context.launch_configurations["rqt"] != "true":
        return []
    distribution = EnvironmentVariable("ROS_DISTRO", default_value="jazzy").perform(context)
    cameras = read_named_cameras(context.launch_configurations["cameras"])
    viewer = choose_viewer(full_namespace(context), is_installed, distribution, next(iter(cameras), ""))
    said = [LogInfo(msg=viewer.message)] if viewer.message else []
    if not viewer.package:
        return said
    return [
        *said,
        Node(package=viewer.package, executable=viewer.package, arguments=list(viewer.arguments)),
    ]


def start_panel(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """`vfrt panel` for the nodes of this file, if it is wanted; its end ends nothing else."""
    if context.launch_configurations["panel"] != "true":
        return []
    namespace = full_namespace(context)
    program = Path(get_package_prefix(PACKAGE)) / "lib" / PACKAGE / "vfrt"
    where = ["--namespace", namespace] if namespace else []
    return [
        ExecuteProcess(cmd=[str(program), "panel", *where], name="panel", output="screen", emulate_tty=True)
    ]


def full_namespace(context: LaunchContext) -> str:
    """Where the nodes of this file are, also when another launch file includes it in a namespace."""
    around = context.launch_configurations.get("ros_namespace")
    return prefix_namespace(around, context.launch_configurations["namespace"]) or ""


def is_installed(package: str) -> bool:
    """Whether this ROS 2 has a package."""
    try:
        get_package_prefix(package)
    except PackageNotFoundError:
        return False
    return True
