# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What in a node's parameter files is for other nodes, and which files have nothing for it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy")

from rclpy.parameter import Parameter as RosParameter

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.nodes.parameters import read_settings

FOREIGN = "{use_sim_time: true, robot_model: r1, k: 3, nav: {speed: 1.0}}"


class Start:
    """Reads the settings of `/recognition`, or of one in a namespace; `said` is what the node wrote to its log."""

    def __init__(self, full_name: str = "/recognition") -> None:
        self.said: list[str] = []
        self._full_name = full_name

    def __call__(self, overrides: dict[str, Any], *arguments: str) -> RecognitionSettings:
        node: Any = SimpleNamespace(
            _parameter_overrides={name: RosParameter(name, value=value) for name, value in overrides.items()},
            get_fully_qualified_name=lambda: self._full_name,
            get_logger=lambda: SimpleNamespace(warning=self.said.append),
        )
        return read_settings(node, RecognitionSettings, ["node", "--ros-args", *arguments], {})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "robot.yaml"


WILDCARDS = {
    "every node": ("/**", "/recognition"),
    "every node of a namespace": ("/robot1/**", "/robot1/recognition"),
    "one namespace": ("/*/**", "/robot1/recognition"),
}


@pytest.mark.parametrize(("section", "full_name"), WILDCARDS.values(), ids=WILDCARDS)
def test_foreign_names_under_a_wildcard_are_told_in_one_line_and_left_alone(
    file: Path, section: str, full_name: str
) -> None:
    file.write_text(f"{section}:\n  ros__parameters: {FOREIGN}\n", encoding="utf-8")
    start = Start(full_name)
    overrides = {"use_sim_time": True, "robot_model": "r1", "k": 3, "nav.speed": 1.0}
    assert start(overrides, "--params-file", str(file)).k == 3
    (line,) = start.said
    assert "'robot_model'" in line and "'nav.speed'" in line and full_name in line
    assert "use_sim_time" not in line


def test_a_slip_under_a_wildcard_is_told_with_the_nearest_name(file: Path) -> None:
    file.write_text("/**:\n  ros__parameters: {alpha_fuson: 0.1}\n", encoding="utf-8")
    start = Start()
    start({"alpha_fuson": 0.1}, "--params-file", str(file))
    assert "Did you mean 'alpha_fusion'?" in start.said[0]


def test_a_foreign_name_for_every_node_on_the_command_line_is_left_alone() -> None:
    start = Start()
    start({"robot_model": "r1"}, "-p", "/**:robot_model:=r1")
    assert len(start.said) == 1


OWN = {
    "by name": ("recognition", ()),
    "by full name": ("/recognition", ()),
    "by name in any namespace": ("/**/recognition", ()),
    "on the command line": ("/**", ("-p", "alpha_fuson:=0.1")),
}


@pytest.mark.parametrize(("section", "typed"), OWN.values(), ids=OWN)
def test_a_wrong_name_under_our_own_node_stops_the_start(
    file: Path, section: str, typed: tuple[str, ...]
) -> None:
    name = "robot_model" if typed else "alpha_fuson"
    file.write_text(f"{section}:\n  ros__parameters: {{{name}: 0.1}}\n", encoding="utf-8")
    with pytest.raises(SettingError, match=r"'alpha_fuson'\. Did you mean 'alpha_fusion'"):
        Start()({"alpha_fuson": 0.1, name: 0.1}, "--params-file", str(file), *typed)


def test_a_name_that_stands_under_both_is_wrong(file: Path) -> None:
    text = "/**:\n  ros__parameters: {zoom: 1}\nrecognition:\n  ros__parameters: {zoom: 2}\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingError, match="'zoom'"):
        Start()({"zoom": 2}, "--params-file", str(file))


def test_a_file_with_nothing_for_the_node_is_told_with_the_cure(file: Path) -> None:
    file.write_text("recognition:\n  ros__parameters: {k: 3}\n", encoding="utf-8")
    start = Start("/robot1/recognition")
    start({}, "--params-file", str(file))
    (line,) = start.said
    assert str(file) in line and "/robot1/recognition" in line and "'/**/recognition'" in line


def test_a_file_with_something_for_the_node_is_not_told(file: Path) -> None:
    file.write_text("/**/recognition:\n  ros__parameters: {k: 3}\n", encoding="utf-8")
    start = Start("/robot1/recognition")
    assert start({"k": 3}, "--params-file", str(file)).k == 3
    assert start.said == []
