# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The rqt perspective as rqt reads it, and which viewer is opened where what is installed."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vfrt_ros import rqt_viewer
from vfrt_ros.launch_arguments import CAMERA, RECOGNITION
from vfrt_ros.nodes import names
from vfrt_ros.rqt_viewer import GUI, PACKAGES, PICTURE, choose_viewer, in_namespace, perspective_file

FILE = Path(__file__).parents[1] / "config" / "vfrt.perspective"


def value(entry: dict[str, str]) -> Any:
    """A value as rqt's importer reads it, but by `literal_eval`; the hexadecimal text of a byte array."""
    if entry["type"] == "repr":
        return ast.literal_eval(entry["repr"])
    assert entry["type"] == "repr(QByteArray.hex)"
    text = entry["repr(QByteArray.hex)"]
    return bytes.fromhex(text.removeprefix("QtCore.QByteArray(b'").removesuffix("')"))


def groups(text: str) -> Any:
    return json.loads(text)["groups"]


def plugin(text: str, name: str) -> dict[str, Any]:
    """The settings of a plugin's first instance."""
    whole = groups(text)["pluginmanager"]["groups"][f"plugin__{name.replace('/', '__')}__1"]
    return {key: value(entry) for key, entry in whole["groups"]["plugin"]["keys"].items()}


def check(group: dict[str, Any]) -> int:
    """Walk through a group as rqt does; how many values it has."""
    assert set(group) == {"keys", "groups"}
    for entry in group["keys"].values():
        value(entry)
    return len(group["keys"]) + sum(check(part) for part in group["groups"].values())


def test_every_value_can_be_read() -> None:
    assert check(json.loads(FILE.read_text(encoding="utf-8"))) > 10


def test_the_plugins_run_and_come_from_the_packages_that_are_asked_for() -> None:
    text = FILE.read_text(encoding="utf-8")
    running = value(groups(text)["pluginmanager"]["keys"]["running-plugins"])
    assert set(running) == {"rqt_image_view/ImageView", "rqt_reconfigure/Param", "rqt_topic/TopicPlugin"}
    assert {name.partition("/")[0] for name in running} | {GUI} == set(PACKAGES)
    having = {f"plugin__{name.replace('/', '__')}__{n}" for name, ns in running.items() for n in ns}
    assert having == set(groups(text)["pluginmanager"]["groups"])


def test_every_plugin_has_its_place_in_the_window() -> None:
    window = groups(FILE.read_text(encoding="utf-8"))["mainwindow"]["keys"]
    state = value(window["state"]).decode("utf-16-be", errors="ignore") + value(window["state"])[1:].decode(
        "utf-16-be", errors="ignore"
    )
    for name in (
        "rqt_image_view__ImageView__1__ImageViewWidget",
        "rqt_reconfigure__Param__1___plugincontainer_top_widget",
        "rqt_topic__TopicPlugin__1__TopicWidget",
    ):
        assert name in state


def test_the_names_are_those_of_the_nodes() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert plugin(text, "rqt_image_view/ImageView")["topic"] == f"/{names.OVERLAY}"
    assert plugin(text, "rqt_reconfigure/Param")["selected_nodes"] == [f"/{names.RECOGNITION_NODE}"]
    assert RECOGNITION.name == names.RECOGNITION_NODE != CAMERA.name


def test_a_namespace_moves_the_names_and_nothing_else() -> None:
    text = FILE.read_text(encoding="utf-8")
    moved = in_namespace(text, "/fleet/robot1")
    assert plugin(moved, "rqt_image_view/ImageView")["topic"] == "/fleet/robot1/overlay"
    assert plugin(moved, "rqt_reconfigure/Param")["selected_nodes"] == ["/fleet/robot1/recognition"]
    assert in_namespace(moved, "") == text


def test_the_file_is_the_packages_own_or_a_copy_for_a_namespace() -> None:
    assert perspective_file() == perspective_file("/") == FILE
    copy = perspective_file("robot1")
    try:
        assert "/robot1/overlay" in copy.read_text(encoding="utf-8")
    finally:
        copy.unlink()


def test_a_copy_goes_with_the_process_that_made_it() -> None:
    code = "from vfrt_ros.rqt_viewer import perspective_file as make; made = make('robot1'); print(made, made.exists())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    path, existed = done.stdout.split()
    assert (existed, Path(path).exists()) == ("True", False)


def test_rqt_is_opened_with_the_perspective() -> None:
    viewer = choose_viewer("", lambda name: True, "jazzy")
    assert (viewer.package, viewer.message) == (GUI, "")
    assert viewer.arguments == ("--perspective-file", str(FILE))


def test_the_picture_alone_where_the_rest_is_missing() -> None:
    viewer = choose_viewer("robot1", lambda name: name == PICTURE, "jazzy")
    assert (viewer.package, viewer.arguments) == (PICTURE, ("/robot1/overlay",))
    assert "ros-jazzy-rqt-gui ros-jazzy-rqt-reconfigure ros-jazzy-rqt-topic" in viewer.message


def test_no_rqt_is_said_with_the_packages_that_bring_it() -> None:
    viewer = choose_viewer("", lambda name: False, "kilted")
    assert (viewer.package, viewer.arguments) == ("", ())
    for name in PACKAGES:
        assert f"ros-kilted-{name.replace('_', '-')}" in viewer.message


def test_a_perspective_that_was_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rqt_viewer, "config_folders", lambda: [tmp_path])
    with pytest.raises(FileNotFoundError, match=r"vfrt\.perspective"):
        perspective_file()


def test_of_several_cameras_the_first_is_shown() -> None:
    viewer = choose_viewer("robot1", lambda name: name == PICTURE, "jazzy", "front")
    assert viewer.arguments == ("/robot1/front/overlay",)
    viewer = choose_viewer("", lambda name: True, "jazzy", "front")
    assert repr("/front/overlay") in Path(viewer.arguments[1]).read_text(encoding="utf-8")
