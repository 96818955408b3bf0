# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Lists as people write them, by every way in."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from vfrt_ros.bringup import plan
from vfrt_ros.core.config.parameters import from_environment
from vfrt_ros.core.config.read_list import read_list
from vfrt_ros.core.config.settings import CameraSettings, RecognitionSettings
from vfrt_ros.core.types.errors import SettingError, VfrtError

CUP_AND_PHONE = ["cup", "phone"]
LISTS = {
    "commas": ("cup, phone", CUP_AND_PHONE),
    "commas without spaces": ("cup,phone", CUP_AND_PHONE),
    "brackets": ("[cup, phone]", CUP_AND_PHONE),
    "brackets and single quotes": ("['cup', 'phone']", CUP_AND_PHONE),
    "brackets and double quotes": ('["cup", "phone"]', CUP_AND_PHONE),
    "quotes without brackets": ("'cup', \"phone\"", CUP_AND_PHONE),
    "spaces everywhere": ("  [ 'cup' ,phone  ]  ", CUP_AND_PHONE),
    "one a line": ("cup\nphone\r\n", CUP_AND_PHONE),
    "lines in brackets": ("[\n  cup,\n  phone,\n]", CUP_AND_PHONE),
    "empty entries": (", cup,, phone,", CUP_AND_PHONE),
    "one": ("cup", ["cup"]),
    "nothing": ("", []),
    "empty brackets": ("[ ]", []),
    "an empty text, as ROS writes an empty list": ("['']", []),
    "a comma in quotes": ("'cup, blue', phone", ["cup, blue", "phone"]),
    "a quote in quotes": ("""['it''s', "a \\"b\\" \\\\"]""", ["it's", 'a "b" \\']),
    "a quote within": ("baker's dozen, 5\" disk", ["baker's dozen", '5" disk']),
    "brackets within": ("a photo [sic] of a {label}, cup", ["a photo [sic] of a {label}", "cup"]),
    "brackets in quotes": ("['[cup]', phone]", ["[cup]", "phone"]),
    "what YAML would make something else of": (
        "[yes, null, 1e3, 07, a: b, {label}, #1, -x]",
        ["yes", "null", "1e3", "07", "a: b", "{label}", "#1", "-x"],
    ),
    "other scripts": ("[чашка, 杯子]", ["чашка", "杯子"]),
}
BROKEN = {
    "a bracket that is not closed": "[cup, phone",
    "only a bracket": "[",
    "something after the bracket": "[cup], phone",
    "a bracket that is not opened": "cup, phone]",
    "a bracket opened later": "cup, [phone",
    "a list in a list": "[cup, [phone]]",
    "a single quote that is not closed": "'cup, phone",
    "a double quote that is not closed": 'cup, "phone',
    "a quote closed by another one": "['cup\"]",
    "something after a quote": "'cup' blue, phone",
}


@pytest.mark.parametrize(("text", "entries"), LISTS.values(), ids=LISTS)
def test_a_list_is_read(text: str, entries: list[str]) -> None:
    assert read_list(text) == entries


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_is_not_closed_is_an_error_of_one_line(text: str) -> None:
    with pytest.raises(SettingError) as caught:
        read_list(text)
    assert "\n" not in str(caught.value)


def by_argument(text: str) -> list[str]:
    (_, recognition) = plan({"labels": text}, has_camera=lambda: True, environment={})
    return json.loads(recognition.ros_arguments[1].partition(":=")[2]) if text else []


def by_variable(text: str) -> list[str]:
    known, others = RecognitionSettings.parameters(), CameraSettings.parameters()
    return list(from_environment({"VFRT_INIT_LABELS": text}, known, others)["init_labels"])


def by_parameter(text: str) -> list[str]:
    return list(RecognitionSettings.from_mapping({"init_labels": text}).init_labels)


def by_command(text: str) -> list[str]:
    pytest.importorskip("rclpy")
    from vfrt_ros.cli.typed_value import Type, typed_value

    return typed_value("init_labels", Type.STRING_ARRAY, text)


WAYS = {"argument": by_argument, "variable": by_variable, "parameter": by_parameter, "command": by_command}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(("text", "entries"), LISTS.values(), ids=LISTS)
def test_it_is_the_same_list_by_every_way_in(
    way: Callable[[str], list[str]], text: str, entries: list[str]
) -> None:
    assert way(text) == entries


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_it_is_refused_by_every_way_in(way: Callable[[str], list[str]], text: str) -> None:
    with pytest.raises(VfrtError, match="init_labels") as caught:
        way(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["640x480", "640, 480", "[640, 480]", "['640', \"480\"]", "640 X 480"])
def test_a_size_is_a_list_too(text: str) -> None:
    assert CameraSettings.from_mapping({"size": text}).size == (640, 480)
