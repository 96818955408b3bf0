# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Both nodes under nav2's lifecycle manager, which configures, activates and watches them.

ros2 launch vfrt_ros nav2_managed.launch.py source:=0
"""

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from launch import LaunchDescription
from vfrt_ros.core.config.parameters import ENVIRONMENT_PREFIX
from vfrt_ros.launch_arguments import CAMERA, NODES, PACKAGE

SERVICE_TIMEOUT_S = 120.0
"""The manager waits so long for a transition: to configure means to load an encoder, which takes seconds."""


def generate_launch_description() -> LaunchDescription:
    """What `ros2 launch` asks for."""
    source = DeclareLaunchArgument("source", default_value="auto", description="What the camera node reads")
    # Not as an argument, which YAML would read as something else (`*.png`), and which every user sees in `ps`.
    given = {CAMERA.name: {f"{ENVIRONMENT_PREFIX}SOURCE": LaunchConfiguration("source")}}
    nodes = [
        Node(
            package=PACKAGE,
            executable=node.executable,
            name=node.name,
            remappings=list(node.remappings),
            ros_arguments=["-p", "autostart:=false"],
            additional_env=given.get(node.name),
            output="screen",
        )
        for node in NODES
    ]
    manager = Node(
        package="nav2_lifecycle_manager",
        executable="lifecycle_manager",
        name="lifecycle_manager_vision",
        parameters=[
            {
                "node_names": [node.name for node in NODES],
                "autostart": True,
                "bond_timeout": 4.0 if has_bond() else 0.0,
                "service_timeout": SERVICE_TIMEOUT_S,
            }
        ],
        output="screen",
    )
    return LaunchDescription([source, *nodes, manager])


def has_bond() -> bool:
    """Whether the nodes can give the heartbeat that the manager asks for."""
    try:
        get_package_prefix("bond")
    except PackageNotFoundError:
        return False
    return True
