# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""live.launch.py: its arguments and actions by launch's own classes, then the whole system by launch_testing."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.private_domain import private_domain
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.launch_arguments import ARGUMENTS

WHY = "{} is not installed: only a ROS 2 install brings it, PyPI does not"
# First, since `import launch` finds this repository's folder where there is no other.
pytest.importorskip("launch_ros", reason=WHY.format("launch_ros"))
launch = pytest.importorskip("launch", reason=WHY.format("launch"))

pytestmark = pytest.mark.launch_test
LAUNCH_FILE = Path(__file__).parents[2] / "launch" / "live.launch.py"
SYSTEM_TEST = Path(__file__).with_name("live_in_a_namespace.py")


@pytest.fixture(autouse=True)
def own_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A ROS domain of this process."""
    monkeypatch.setenv("ROS_DOMAIN_ID", str(private_domain()))
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path))


@pytest.fixture
def launch_file() -> dict[str, Any]:
    """The names that the launch file defines."""
    return runpy.run_path(str(LAUNCH_FILE))


def context(**given: str) -> Any:
    """A launch context as it is once the arguments were declared."""
    made = launch.LaunchContext()
    made.launch_configurations.update(
        {argument.name: "" for argument in ARGUMENTS}, rqt="false", panel="false"
    )
    made.launch_configurations.update(given)
    return made


def command(node: Any) -> list[str]:
    """The command line of a node action, without what launch fills in only when it starts the node."""
    return ["".join(getattr(part, "text", "") for part in parts) for parts in node.cmd]


def test_arguments_are_declared_with_description_and_empty_default(launch_file: dict[str, Any]) -> None:
    declared = {
        argument.name: argument
        for argument in launch_file["generate_launch_description"]().get_launch_arguments()
    }
    assert set(declared) == {"rqt", "panel", *(argument.name for argument in ARGUMENTS)}
    for argument in ARGUMENTS:
        made = declared[argument.name]
        assert made.description.startswith(argument.description)
        assert [text.text for text in made.default_value] == [""]
        assert list(made.choices or ()) == (["", *argument.choices] if argument.choices else [])


def test_given_arguments_are_ros_arguments_and_others_are_left_out(launch_file: dict[str, Any]) -> None:
    nodes = launch_file["start_nodes"](context(source="0", labels="cat", log_level="debug"))
    camera, recognition = (
        [part for part in command(node) if part not in ("", "-r", "--ros-args")] for node in nodes
    )
    assert camera == ["-p", 'source:="0"', "--log-level", "debug"]
    assert recognition == ["-p", 'init_labels:=["cat"]', "--log-level", "debug"]


def test_several_cameras_are_nodes_in_namespaces_of_their_names(launch_file: dict[str, Any]) -> None:
    given = context(cameras="front=0, left=demo", namespace="robot1")
    front, left, recognition = launch_file["start_nodes"](given)
    for node, name, source in ((front, "front", "0"), (left, "left", "demo")):
        node._perform_substitutions(given)
        assert node.expanded_node_namespace == f"/robot1/{name}"
        assert f'source:="{source}"' in command(node)
        assert "camera/image_raw:=image" in command(node)
    recognition._perform_substitutions(given)
    assert recognition.expanded_node_namespace == "/robot1"
    assert 'cameras:=["front", "left"]' in command(recognition)


def test_the_parameter_file_comes_before_what_was_given(launch_file: dict[str, Any]) -> None:
    camera = command(launch_file["start_nodes"](context(params_file="embedded", source="0", fps="12"))[0])
    assert camera.index("--params-file") < camera.index('source:="0"') < camera.index("fps:=12.0")
    assert camera.count("--params-file") == 1


def test_a_wrong_argument_stops_the_launch(launch_file: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="'fps' must be a number"):
        launch_file["start_nodes"](context(fps="fast"))


def test_no_viewer_unless_wanted(launch_file: dict[str, Any]) -> None:
    assert launch_file["start_viewer"](context()) == []


def test_a_viewer_that_is_not_installed_is_named_with_its_packages(
    launch_file: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENT_PREFIX_PATH", "/nowhere")
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    (action,) = launch_file["start_viewer"](context(rqt="true"))
    said = "".join(part.text for part in action.msg)
    assert "sudo apt install ros-jazzy-rqt-gui ros-jazzy-rqt-image-view" in said


def test_no_panel_unless_wanted(launch_file: dict[str, Any]) -> None:
    assert launch_file["start_panel"](context()) == []


def test_the_panel_speaks_to_the_node_of_its_namespace(launch_file: dict[str, Any]) -> None:
    launch_file["start_panel"].__globals__["get_package_prefix"] = lambda name: "/somewhere"
    (panel,) = launch_file["start_panel"](context(panel="true", namespace="robot1"))
    assert command(panel) == ["/somewhere/lib/vfrt_ros/vfrt", "panel", "--namespace", "robot1"]


VIEWERS = {
    "root": ({}, "/overlay"),
    "a namespace": ({"namespace": "robot1"}, "/robot1/overlay"),
    "a namespace around the file": (
        {"ros_namespace": "/fleet", "namespace": "robot1"},
        "/fleet/robot1/overlay",
    ),
    "only one around the file": ({"ros_namespace": "/fleet"}, "/fleet/overlay"),
}


@pytest.mark.parametrize(("given", "topic"), VIEWERS.values(), ids=VIEWERS)
def test_the_viewer_shows_the_overlay_of_its_namespace(
    launch_file: dict[str, Any], given: dict[str, str], topic: str
) -> None:
    launch_file["start_viewer"].__globals__["get_package_prefix"] = lambda name: "/somewhere"
    (viewer,) = launch_file["start_viewer"](context(rqt="true", **given))
    flag, path = [part for part in command(viewer) if part.endswith(("-file", ".perspective"))]
    assert flag == "--perspective-file"
    assert repr(topic) in Path(path).read_text(encoding="utf-8")


def test_the_picture_alone_is_shown_where_nothing_else_is_installed(launch_file: dict[str, Any]) -> None:
    launch_file["start_viewer"].__globals__["is_installed"] = lambda name: name == "rqt_image_view"
    said, viewer = launch_file["start_viewer"](context(rqt="true"))
    assert "rqt-reconfigure" in "".join(part.text for part in said.msg)
    assert "/overlay" in command(viewer)


def test_of_several_cameras_the_first_is_viewed(launch_file: dict[str, Any]) -> None:
    launch_file["start_viewer"].__globals__["is_installed"] = lambda name: name == "rqt_image_view"
    *_, viewer = launch_file["start_viewer"](context(rqt="true", cameras="front=0, left=1"))
    assert "/front/overlay" in command(viewer)


def test_the_system_runs_in_a_namespace() -> None:
    pytest.importorskip("launch_testing", reason=WHY.format("launch_testing"))
    packages = pytest.importorskip("ament_index_python.packages", reason=WHY.format("ament_index_python"))
    try:
        packages.get_package_prefix("vfrt_ros")
    except packages.PackageNotFoundError:
        pytest.skip("vfrt_ros is not built, or its setup is not sourced: `source env.sh`")
    command = [sys.executable, "-m", "launch_testing.launch_test", str(SYSTEM_TEST)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert result.returncode == 0, result.stdout + result.stderr
