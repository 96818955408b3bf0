# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""ROS parameters: precedence at the start, and what is refused in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy")

from rclpy.parameter import Parameter as RosParameter

from vfrt_ros.core.config.settings import CameraSettings, RecognitionSettings
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.nodes.parameters import descriptor, read_settings, to_ros


def start(
    overrides: dict[str, Any] | None = None,
    typed: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
    table: type = RecognitionSettings,
) -> Any:
    """The settings of a node whose overrides ROS has read; `typed` are its `-p` rules."""
    parameters = {name: RosParameter(name, value=value) for name, value in (overrides or {}).items()}
    node: Any = SimpleNamespace(_parameter_overrides=parameters)
    arguments = ["node", "--ros-args", *(word for rule in typed for word in ("-p", rule))]
    return read_settings(node, table, arguments, environment or {})


PRECEDENCE = {
    "default": ({}, (), {}, 0.7),
    "a file over the default": ({"alpha_fusion": 0.1}, (), {}, 0.1),
    "the environment over a file": ({"alpha_fusion": 0.1}, (), {"VFRT_ALPHA_FUSION": "0.2"}, 0.2),
    "-p over the environment": (
        {"alpha_fusion": 0.3}, ("alpha_fusion:=0.3",), {"VFRT_ALPHA_FUSION": "0.2"}, 0.3,
    ),
    "-p for this node by name": (
        {"alpha_fusion": 0.3}, ("recognition:alpha_fusion:=0.3",), {"VFRT_ALPHA_FUSION": "0.2"}, 0.3,
    ),
    "-p of another parameter changes nothing": (
        {"alpha_fusion": 0.1, "k": 3}, ("k:=3",), {"VFRT_ALPHA_FUSION": "0.2"}, 0.2,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("overrides", "typed", "environment", "alpha"), PRECEDENCE.values(), ids=PRECEDENCE.keys()
)
def test_precedence(overrides, typed, environment, alpha) -> None:
    assert start(overrides, typed, environment).alpha_fusion == alpha


def test_the_long_flag_counts_as_well() -> None:
    node: Any = SimpleNamespace(_parameter_overrides={"k": RosParameter("k", value=3)})
    arguments = ["--ros-args", "--param", "k:=3"]
    assert read_settings(node, RecognitionSettings, arguments, {"VFRT_K": "5"}).k == 3


TAKEN = {
    "a whole number for a number": ({"alpha_fusion": 1}, "alpha_fusion", 1.0),
    "a number for a whole number": ({"k": 4.0}, "k", 4),
    "a list of texts": ({"init_labels": ["cat", "dog"]}, "init_labels", ("cat", "dog")),
    "a text with commas": ({"init_labels": "cat, dog"}, "init_labels", ("cat", "dog")),
    "what rclpy makes of an empty list": ({"init_labels": [""]}, "init_labels", ()),
}


@pytest.mark.parametrize(("overrides", "name", "value"), TAKEN.values(), ids=TAKEN.keys())
def test_values_come_in_the_parameters_own_type(overrides, name, value) -> None:
    taken = getattr(start(overrides), name)
    assert (taken, type(taken)) == (value, type(value))


def test_a_device_number_is_a_source() -> None:
    assert start({"source": 0}, table=CameraSettings).source == "0"


@pytest.mark.parametrize(
    "overrides",
    [
        {"use_sim_time": True},
        {"qos_overrides./image.subscription.reliability": "reliable"},
        {"start_type_description_service": False},
        {"source": "demo"},
    ],
    ids=["use_sim_time", "a QoS override", "rclpy's own", "another node's, from a file for all"],
)
def test_parameters_of_others_are_passed_over(overrides) -> None:
    assert start(overrides) == RecognitionSettings()


def test_variables_of_others_are_passed_over() -> None:
    assert start(environment={"VFRT_SOURCE": "demo", "PATH": "/bin"}) == RecognitionSettings()


REFUSED = {
    "unknown name": ({"alfa_fusion": 0.5}, {}, "Unknown parameter 'alfa_fusion'. Did you mean 'alpha_fusion'?"),
    "unknown name like none": ({"zzz": 0.5}, {}, "Unknown parameter 'zzz'."),
    "unknown variable": ({}, {"VFRT_BACKBON": "fake"},
        "Environment variable VFRT_BACKBON names no parameter. Did you mean 'VFRT_BACKBONE'?"),
    "out of range": ({"alpha_fusion": 1.5}, {},
        "Parameter 'alpha_fusion' must be a number in [0, 1]; got 1.5."),
    "out of range in the environment": ({}, {"VFRT_ALPHA_FUSION": "1.5"},
        "Parameter 'alpha_fusion' must be a number in [0, 1]; got 1.5."),
    "on the open bound": ({"temporal_ema": 1.0}, {},
        "Parameter 'temporal_ema' must be a number in [0, 1); got 1.0."),
    "a text for a number": ({"k": "many"}, {},
        "Parameter 'k' must be a whole number in [1, 1000]; got the text 'many'."),
    "a truth value for a number": ({"k": True}, {},
        "Parameter 'k' must be a whole number in [1, 1000]; got the truth value True."),
    "no choice": ({"fuse": "early"}, {},
        "Parameter 'fuse' must be one of calibrated, late; got the text 'early'."),
    "a mapping for a text": ({"backbone.name": "fake"}, {},
        "Parameter 'backbone' must be a text; got a mapping with the key 'name'."),
    "a mapping in a mapping": ({"init_labels.a.b": 1}, {},
        "Parameter 'init_labels' must be a list of texts; got a mapping with the key 'a.b'."),
    "numbers for texts": ({"init_labels": [1, 2]}, {}, "Parameter 'init_labels' must be a list of texts; got"),
    "not a number": ({"alpha_fusion": float("nan")}, {}, "must be a number in [0, 1]; got nan"),
}  # fmt: skip


@pytest.mark.parametrize(("overrides", "environment", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_is_said_in_one_line(overrides, environment, words) -> None:
    with pytest.raises(SettingError) as caught:
        start(overrides, environment=environment)
    assert str(caught.value).startswith(words) if words[0] in "UPE" else words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("table", [RecognitionSettings, CameraSettings])
def test_descriptors_say_what_the_table_says(table) -> None:
    for entry in table.parameters().values():
        described = descriptor(entry)
        assert described.description == entry.description
        assert described.read_only is not entry.live
        assert described.additional_constraints == entry.expected
        ranges = [*described.floating_point_range, *described.integer_range]
        bounded = entry.low is not None and entry.kind.value in ("int", "float")
        assert [found.from_value for found in ranges] == ([entry.low] if bounded else [])


TO_ROS = {
    "a tuple": (("a",), ["a"]),
    "an empty tuple": ((), [""]),
    "a number": (0.5, 0.5),
    "a text": ("a", "a"),
}


@pytest.mark.parametrize(("value", "expected"), TO_ROS.values(), ids=TO_ROS.keys())
def test_to_ros(value, expected) -> None:
    assert to_ros(value) == expected
