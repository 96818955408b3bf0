# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Reading ROS 2 parameter files by node name."""

from __future__ import annotations

from pathlib import Path

import pytest

from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.parameter_file import file_values, find_parameter_file

SECTIONS = {
    "every node": ("/**", "", True),
    "by name": ("camera", "", True),
    "by full name": ("/camera", "", True),
    "another node": ("recognition", "", False),
    "by name, in a namespace": ("camera", "robot1", False),
    "by full name, in a namespace": ("/robot1/camera", "robot1", True),
    "any namespace, in none": ("/**/camera", "", True),
    "any namespace, in a nested one": ("/**/camera", "fleet/robot1", True),
    "any namespace, another node": ("/**/recognition", "robot1", False),
    "one namespace, in none": ("/*/camera", "", False),
    "one namespace, in one": ("/*/camera", "robot1", True),
    "one namespace, in two": ("/*/camera", "fleet/robot1", False),
    "every node of a namespace": ("/robot1/**", "robot1", True),
    "every node of another namespace": ("/robot2/**", "robot1", False),
}


@pytest.mark.parametrize(("section", "namespace", "matches"), SECTIONS.values(), ids=SECTIONS)
def test_a_section_is_for_the_nodes_that_its_name_matches(
    tmp_path: Path, section: str, namespace: str, matches: bool
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(f"{section}:\n  ros__parameters:\n    fps: 15.0\n", encoding="utf-8")
    assert file_values(path, "camera", namespace) == ({"fps": 15.0} if matches else {})


def test_namespaces_may_be_nested_keys(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("robot1:\n  camera:\n    ros__parameters:\n      fps: 15.0\n", encoding="utf-8")
    assert file_values(path, "camera", "robot1") == {"fps": 15.0}
    assert file_values(path, "camera") == {}


def test_the_later_section_wins(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    lines = [
        "/**:",
        "  ros__parameters: {fps: 15.0, loop: false}",
        "camera:",
        "  ros__parameters: {fps: 5.0}",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert file_values(path, "camera") == {"fps": 5.0, "loop": False}


BROKEN = {
    "no YAML": "a: [",
    "no mapping": "- a",
    "empty": "",
    "parameters that are a list": "camera:\n  ros__parameters: [1]",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingError) as caught:
        file_values(path, "camera")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_is_found_by_path_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "share" / "vfrt_ros" / "config"
    installed.mkdir(parents=True)
    (installed / "robot.yaml").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    expected = installed / "robot.yaml"
    for text in (str(expected), "robot", "robot.yaml"):
        assert find_parameter_file(text) == expected
    with pytest.raises(SettingError, match=r"No parameter file 'robott'. Did you mean 'robot'\?"):
        find_parameter_file("robott")
