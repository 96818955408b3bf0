# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The description of the live system: its arguments, what they become, and who wins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vfrt_ros.bringup import DEMO_LABELS, full_name, plan
from vfrt_ros.core.config.read_list import read_list
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.launch_arguments import ARGUMENTS, CAMERA, NODES, RECOGNITION, LaunchArgument

DEMO = 'init_labels:=["cat", "cup of coffee", "rocket", "motorcycle"]'


def started(given: dict[str, str], *, camera: bool = False, **environment: str) -> dict[str, tuple[str, ...]]:
    """The ROS arguments of each node of the plan."""
    starts = plan(given, has_camera=lambda: camera, environment=environment)
    return {start.node.name: start.ros_arguments for start in starts}


@pytest.mark.parametrize("argument", ARGUMENTS, ids=lambda argument: argument.name)
def test_every_argument_is_described_and_maps_to_a_real_parameter(argument: LaunchArgument) -> None:
    assert argument.description
    assert (argument.node is None) == (argument.parameter == "")
    if argument.node:
        assert argument.entry == argument.node.settings.parameters()[argument.parameter]


def test_an_argument_of_no_parameter_fails_and_names_the_nearest() -> None:
    argument = LaunchArgument(name="speed", node=CAMERA, parameter="fpss")
    with pytest.raises(SettingError, match=r"sets 'fpss', no parameter. Did you mean 'fps'\?"):
        _ = argument.entry


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_every_node_has_its_module(node: object) -> None:
    module = getattr(node, "module", "")
    assert Path(__file__).parents[1].joinpath(*module.split(".")).with_suffix(".py").is_file()


def test_the_description_needs_neither_rclpy_nor_launch() -> None:
    code = "import sys, vfrt_ros.bringup; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"rclpy", "launch", "launch_ros", "cv2"} & set(result.stdout.split())


ASSIGNMENTS = {
    "a source that looks like a number stays a text": ("source", "0", "camera", 'source:="0"'),
    "a source with a quote": ("source", 'a "b".mp4', "camera", 'source:="a \\"b\\".mp4"'),
    "a rate is a number with a point": ("fps", "15", "camera", "fps:=15.0"),
    "a size": ("size", "320x240", "camera", "size:=[320, 240]"),
    "a device": ("device", "cpu", "recognition", 'device:="cpu"'),
    "labels": ("labels", "cat, cup of coffee", "recognition", 'init_labels:=["cat", "cup of coffee"]'),
    "a size in brackets": ("size", "[320, 240]", "camera", "size:=[320, 240]"),
    "labels in brackets": (
        "labels",
        "[cat, 'cup, blue']",
        "recognition",
        'init_labels:=["cat", "cup, blue"]',
    ),
    "a rate with an exponent": ("fps", "1e1", "camera", "fps:=10.0"),
    "labels by the parameter's name": ("init_labels", "cat", "recognition", 'init_labels:=["cat"]'),
    "labels in other scripts": ("labels", "чашка", "recognition", 'init_labels:=["чашка"]'),
}


@pytest.mark.parametrize(("name", "text", "node", "expected"), ASSIGNMENTS.values(), ids=ASSIGNMENTS)
def test_what_was_given_is_passed_as_a_parameter(name: str, text: str, node: str, expected: str) -> None:
    arguments = started({name: text}, camera=True)
    assert arguments.pop(node) == ("-p", expected)
    assert list(arguments.values()) == [()]


def test_what_was_not_given_is_not_passed() -> None:
    empty = {argument.name: "" for argument in ARGUMENTS}
    assert started(empty, camera=True) == {"camera": (), "recognition": ()}


def test_the_parameter_file_comes_first_and_the_level_last() -> None:
    given = {"params_file": "embedded", "source": "0", "log_level": "debug"}
    flag, path, *rest = started(given)["camera"]
    assert (flag, Path(path).name) == ("--params-file", "embedded.yaml")
    assert rest == ["-p", 'source:="0"', "--log-level", "debug"]


@pytest.mark.parametrize(
    "source", ["rtsp://me:pa/ss@10.0.0.7/live", "rtsp://h/user=admin&password=secret"], ids=["login", "path"]
)
def test_an_address_with_a_secret_stands_on_no_command_line(source: str) -> None:
    given = {"source": source, "fps": "12"}
    camera, recognition = plan(given, has_camera=lambda: True, environment={"VFRT_SOURCE": "demo"})
    assert camera.ros_arguments == ("-p", "fps:=12.0")
    assert camera.environment == {"VFRT_SOURCE": source}
    assert not recognition.environment
    assert "pa/ss" not in repr(camera) and "secret" not in repr(camera)


NODES_OF = {
    "all by default": ({}, {"camera": [], "recognition": [("image", "camera/image_raw")]}),
    "a driver's camera": (
        {"image": "/usb_cam/image_raw"},
        {"recognition": [("image", "/usb_cam/image_raw")]},
    ),
    "a driver's camera and ours": (
        {"image": "front/image", "camera": "true"},
        {"camera": [], "recognition": [("image", "front/image")]},
    ),
    "no camera": ({"camera": "false"}, {"recognition": [("image", "camera/image_raw")]}),
    "both said": (
        {"image": "/usb_cam/image_raw", "camera": "false"},
        {"recognition": [("image", "/usb_cam/image_raw")]},
    ),
}


@pytest.mark.parametrize(("given", "nodes"), NODES_OF.values(), ids=NODES_OF)
def test_somebody_who_has_a_camera_driver_starts_recognition_alone(
    given: dict[str, str], nodes: dict[str, list[tuple[str, str]]]
) -> None:
    starts = plan(given, has_camera=lambda: True, environment={})
    assert {start.node.name: list(start.node.remappings) for start in starts} == nodes
    assert {start.node.executable for start in starts} == {f"{name}_node" for name in nodes}


def test_without_our_camera_there_is_no_demo_to_describe() -> None:
    assert started({"image": "/usb_cam/image_raw"}) == {"recognition": ()}


CAMERAS = {
    "each has its own source": (
        {"cameras": "front=0, 'left=rtsp://host/live?channel=1,2', door=demo"},
        {"front": "0", "left": "rtsp://host/live?channel=1,2", "door": "demo"},
    ),
    "what all share": ({"cameras": "front=0, left=1", "fps": "12"}, {"front": "0", "left": "1"}),
    "one whose driver runs already": ({"cameras": "front=0, left"}, {"front": "0"}),
    "as a list": ({"cameras": '["front=a=b", "left=demo"]'}, {"front": "a=b", "left": "demo"}),
    "one alone": ({"cameras": "front=0"}, {"front": "0"}),
}


@pytest.mark.parametrize(("given", "sources"), CAMERAS.values(), ids=CAMERAS)
def test_several_cameras_have_a_node_each_in_a_namespace_of_their_names(
    given: dict[str, str], sources: dict[str, str]
) -> None:
    *cameras, recognition = plan(given, has_camera=lambda: True, environment={})
    assert [camera.namespace for camera in cameras] == list(sources)
    assert [camera.label for camera in cameras] == [f"{name}/camera" for name in sources]
    for camera in cameras:
        assert f'source:="{sources[camera.namespace]}"' in camera.ros_arguments
        assert f'frame_id:="{camera.namespace}_optical_frame"' in camera.ros_arguments
        assert ("fps:=12.0" in camera.ros_arguments) == ("fps" in given)
        assert ("camera/image_raw", "image") in camera.node.remappings
    assert (recognition.label, recognition.node.remappings) == ("recognition", ())
    named = [entry.partition("=")[0] for entry in read_list(given["cameras"])]
    assert f"cameras:={json.dumps(named)}" in recognition.ros_arguments


def test_a_secret_of_one_of_several_stands_on_no_command_line() -> None:
    given = {"cameras": "front=rtsp://me:pa/ss@10.0.0.7/live, left=0"}
    starts = {start.label: start for start in plan(given, has_camera=lambda: True, environment={})}
    assert starts["front/camera"].environment == {"VFRT_SOURCE": "rtsp://me:pa/ss@10.0.0.7/live"}
    assert not starts["left/camera"].environment
    assert "pa/ss" not in repr(starts)


def test_the_demo_among_several_has_its_labels() -> None:
    arguments = started({"cameras": "front=0, door=demo"}, camera=True)
    assert DEMO in arguments["recognition"]
    assert DEMO not in started({"cameras": "front=0"}, camera=True)["recognition"]


def test_what_the_file_says_of_one_of_several_stays(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("/front/camera:\n  ros__parameters:\n    frame_id: nose\n", encoding="utf-8")
    given = {"cameras": "front=0, left=1", "params_file": str(path)}
    front, left, _ = plan(given, has_camera=lambda: True, environment={})
    assert not any("frame_id" in part for part in front.ros_arguments)
    assert 'frame_id:="left_optical_frame"' in left.ros_arguments


def test_cameras_that_the_node_alone_was_told_have_drivers_of_their_own() -> None:
    assert started({}, VFRT_CAMERAS="front,left") == {"recognition": ()}
    with pytest.raises(SettingError, match="give the sources by the argument 'cameras'"):
        started({"source": "0"}, VFRT_CAMERAS="front,left")


WRONG = {
    "an unknown argument": ({"sorce": "0"}, "Unknown argument 'sorce'. Did you mean 'source'?"),
    "an unknown device": ({"device": "gpu"}, "must be one of auto, cpu, cuda, mps"),
    "an unknown level": ({"log_level": "loud"}, "must be one of debug, info"),
    "a rate that is none": ({"fps": "fast"}, "'fps' must be a number"),
    "a rate of nothing": ({"fps": "0"}, "'fps' must be a number"),
    "an image topic that is none": ({"image": "a b"}, "'image' must be a topic like /usb_cam/image_raw"),
    "an image topic with a digit first": ({"image": "/0/image"}, "'image' must be a topic"),
    "a camera that is neither": ({"camera": "no"}, "must be one of true, false"),
    "one side of a size": ({"size": "640"}, "'size' must be a list of 2"),
    "labels by both names": ({"labels": "cat", "init_labels": "dog"}, "Two arguments set 'init_labels'"),
    "a bracket that is not closed": ({"labels": "[cat, dog"}, "does not end with ]"),
    "a quote that is not closed": ({"labels": "cat, 'dog"}, "a quote with ' that is not closed"),
    "a namespace that ROS refuses": ({"namespace": "robot-1"}, "Did you mean 'robot_1'?"),
    "a camera's name that is none": ({"cameras": "2nd=0"}, "NAME=SOURCE: front=0, left=demo; got '2nd=0'"),
    "a camera without a source": ({"cameras": "front="}, "The camera 'front' has no source after its ="),
    "a camera named twice": ({"cameras": "front=0, front=1"}, "'front' stands twice"),
    "a source beside cameras": ({"cameras": "front=0", "source": "1"}, "leave 'source' out"),
    "an image topic beside cameras": ({"cameras": "front=0", "image": "/a"}, "leave 'image' out"),
    "a file that is nowhere": ({"params_file": "clip_vitb23"}, "Did you mean 'clip_vitb32'?"),
}


@pytest.mark.parametrize(("given", "text"), WRONG.values(), ids=WRONG)
def test_a_wrong_argument_is_explained(given: dict[str, str], text: str) -> None:
    with pytest.raises(SettingError) as caught:
        started(given)
    assert text in str(caught.value)


FILE = "/**:\n  ros__parameters:\n    {}\n"
LABELS = {
    "demo by default without a camera": ({}, False, {}, "", True),
    "a camera is no demo": ({}, True, {}, "", False),
    "demo as asked for": ({"source": "demo"}, True, {}, "", True),
    "auto as asked for, without a camera": ({"source": "auto"}, False, {}, "", True),
    "a source as asked for": ({"source": "0"}, False, {}, "", False),
    "demo by variable": ({}, True, {"VFRT_SOURCE": "demo"}, "", True),
    "argument over variable": ({"source": "0"}, False, {"VFRT_SOURCE": "demo"}, "", False),
    "demo by file": ({}, True, {}, "source: demo", True),
    "variable over file": ({}, True, {"VFRT_SOURCE": "demo"}, "source: film.mp4", True),
    "labels by variable": ({}, False, {"VFRT_INIT_LABELS": "dog"}, "", False),
    "labels by file": ({}, False, {}, "init_labels: [dog]", False),
    "no labels, by file": ({}, False, {}, "init_labels: []", False),
}


@pytest.mark.parametrize(("given", "camera", "environment", "text", "demo"), LABELS.values(), ids=LABELS)
def test_the_demo_has_labels_unless_others_were_given(
    given: dict[str, str], camera: bool, environment: dict[str, str], text: str, demo: bool, tmp_path: Path
) -> None:
    if text:
        path = tmp_path / "own.yaml"
        path.write_text(FILE.format(text), encoding="utf-8")
        given = {**given, "params_file": str(path)}
    arguments = started(given, camera=camera, **environment)
    assert (DEMO in arguments["recognition"]) is demo


def test_labels_that_were_given_replace_those_of_the_demo() -> None:
    assert started({"labels": "dog"})["recognition"] == ("-p", 'init_labels:=["dog"]')


def test_the_demo_labels_are_valid() -> None:
    assert RECOGNITION.settings.parameters()["init_labels"].check(DEMO_LABELS) == DEMO_LABELS


def test_the_camera_is_looked_for_only_where_it_matters() -> None:
    asked: list[str] = []

    def has_camera() -> bool:
        asked.append("for a camera")
        return True

    plan({"source": "0"}, has_camera=has_camera, environment={})
    plan({"labels": "cat"}, has_camera=has_camera, environment={})
    assert asked == []
    plan({}, has_camera=has_camera, environment={})
    assert asked == ["for a camera"]


NAMES = {
    "root": ("", "camera", "/camera"),
    "relative": ("robot1", "camera", "/robot1/camera"),
    "absolute": ("/robot1/", "camera", "/robot1/camera"),
    "nested": ("fleet/robot1", "camera", "/fleet/robot1/camera"),
}


@pytest.mark.parametrize(("namespace", "name", "expected"), NAMES.values(), ids=NAMES)
def test_full_names(namespace: str, name: str, expected: str) -> None:
    assert full_name(namespace, name) == expected
