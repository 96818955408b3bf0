"""What `vfrt live` starts, for `ros2 launch`; beside it the panel or rqt_image_view on the overlay, if wanted.

ros2 launch vfrt_ros live.launch.py source:=0 labels:='cup,phone' panel:=true rqt:=true
"""

from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch.actions import DeclareLaunchArgument, ExecuteProcess, LogInfo, OpaqueFunction
from launch.substitutions import EnvironmentVariable
from launch_ros.actions import Node
from launch_ros.utilities import prefix_namespace

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from vfrt_ros.bringup import ARGUMENTS, PACKAGE, LaunchArgument, NodeStart, full_name, has_camera, plan
from vfrt_ros.nodes.names import OVERLAY

VIEWER = "rqt_image_view"


def generate_launch_description() -> LaunchDescription:
    """What `ros2 launch` asks for."""
    return LaunchDescription(
        [
            *(declare(argument) for argument in ARGUMENTS),
            DeclareLaunchArgument(
                "rqt", default_value="false", choices=["true", "false"], description="Show the overlay in rqt"
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
    """The launch action for a node of the plan."""
    return Node(
        package=PACKAGE,
        executable=start.node.executable,
        name=start.node.name,
        namespace=namespace,
        remappings=list(start.node.remappings),
        ros_arguments=list(start.ros_arguments),
        output="screen",
        emulate_tty=True,
    )


def start_viewer(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """rqt_image_view on the overlay, if it is wanted and installed."""
    if context.launch_configurations["rqt"] != "true":
        return []
    try:
        get_package_prefix(VIEWER)
    except PackageNotFoundError:
        distribution = EnvironmentVariable("ROS_DISTRO", default_value="jazzy").perform(context)
        package = f"ros-{distribution}-{VIEWER.replace('_', '-')}"
        return [LogInfo(msg=f"{VIEWER} is not installed, so there is no window: sudo apt install {package}")]
    around = context.launch_configurations.get("ros_namespace")
    namespace = prefix_namespace(around, context.launch_configurations["namespace"]) or ""
    return [Node(package=VIEWER, executable=VIEWER, arguments=[full_name(namespace, OVERLAY)])]


def start_panel(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """`vfrt panel` for the nodes of this file, if it is wanted; its end ends nothing else."""
    if context.launch_configurations["panel"] != "true":
        return []
    around = context.launch_configurations.get("ros_namespace")
    namespace = prefix_namespace(around, context.launch_configurations["namespace"]) or ""
    program = Path(get_package_prefix(PACKAGE)) / "lib" / PACKAGE / "vfrt"
    where = ["--namespace", namespace] if namespace else []
    return [
        ExecuteProcess(cmd=[str(program), "panel", *where], name="panel", output="screen", emulate_tty=True)
    ]
