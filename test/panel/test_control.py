# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Controls are chosen from what a node says of its parameters."""

from __future__ import annotations

from typing import Any

import pytest
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.parameter import Parameter

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.nodes.parameters import descriptor, to_ros
from vfrt_ros.panel.control import Control, Shape, control_for, read_lines
from vfrt_ros.panel.parameter_mirror import MirroredParameter

Kind = Parameter.Type


def entry(kind: Kind, value: Any, **described: Any) -> MirroredParameter:
    return MirroredParameter("new_one", kind, value, ParameterDescriptor(**described))


def floats(low: float, high: float, step: float = 0.0) -> list[FloatingPointRange]:
    return [FloatingPointRange(from_value=low, to_value=high, step=step)]


def whole(low: int, high: int) -> list[IntegerRange]:
    return [IntegerRange(from_value=low, to_value=high)]


CASES: dict[str, tuple[MirroredParameter, Control]] = {
    "truth": (entry(Kind.BOOL, True), Control(Shape.SWITCH)),
    "float in a range": (
        entry(Kind.DOUBLE, 0.7, floating_point_range=floats(0, 1)),
        Control(Shape.SLIDER, 0.0, 1.0, 0.01),
    ),
    "float with a step": (
        entry(Kind.DOUBLE, 2.0, floating_point_range=floats(0, 10, 0.5)),
        Control(Shape.SLIDER, 0.0, 10.0, 0.5),
    ),
    "wide range": (
        entry(Kind.DOUBLE, 5.0, floating_point_range=floats(0, 1000)),
        Control(Shape.NUMBER, 0.0, 1000.0),
    ),
    "value outside its range": (
        entry(Kind.DOUBLE, 2.0, floating_point_range=floats(0, 1)),
        Control(Shape.NUMBER),
    ),
    "float without a range": (entry(Kind.DOUBLE, 2.0), Control(Shape.NUMBER)),
    "whole number in a range": (
        entry(Kind.INTEGER, 8, integer_range=whole(1, 64)),
        Control(Shape.SLIDER, 1, 64, 1),
    ),
    "many whole numbers": (
        entry(Kind.INTEGER, 8, integer_range=whole(1, 1000)),
        Control(Shape.NUMBER, 1, 1000, 1),
    ),
    "whole number without a range": (entry(Kind.INTEGER, 8), Control(Shape.NUMBER, step=1)),
    "choice": (
        entry(Kind.STRING, "late", additional_constraints="one of calibrated, late"),
        Control(Shape.CHOICE, choices=("calibrated", "late")),
    ),
    "choice with another value": (
        entry(Kind.STRING, "odd", additional_constraints="one of calibrated, late"),
        Control(Shape.TEXT),
    ),
    "text": (entry(Kind.STRING, "", additional_constraints="a text"), Control(Shape.TEXT)),
    "texts": (entry(Kind.STRING_ARRAY, ["a"]), Control(Shape.LINES)),
    "numbers": (entry(Kind.INTEGER_ARRAY, [640, 480]), Control(Shape.LINES)),
}


@pytest.mark.parametrize(("parameter", "expected"), CASES.values(), ids=CASES)
def test_the_control_suits_the_description(parameter: MirroredParameter, expected: Control) -> None:
    assert control_for(parameter) == expected


SHAPES = {
    "alpha_fusion": Shape.SLIDER,
    "temporal_ema": Shape.SLIDER,
    "temperature": Shape.SLIDER,
    "open_set_threshold": Shape.SLIDER,
    "k": Shape.NUMBER,
    "open_set": Shape.SWITCH,
    "neighbor_agg": Shape.CHOICE,
    "fuse": Shape.CHOICE,
    "prompt_templates": Shape.LINES,
}


@pytest.mark.parametrize(("name", "shape"), SHAPES.items(), ids=SHAPES)
def test_our_own_parameters(name: str, shape: Shape) -> None:
    row = RecognitionSettings.parameters()[name]
    value = to_ros(row.default)
    kind = Parameter(name, value=value).type_
    assert control_for(MirroredParameter(name, kind, value, descriptor(row))).shape is shape


def test_lines_are_entries_of_the_lists_type() -> None:
    assert read_lines(Kind.STRING_ARRAY, " a \n\nb\n") == ["a", "b"]
    assert read_lines(Kind.DOUBLE_ARRAY, "1\n2.5") == [1.0, 2.5]
    with pytest.raises(ValueError, match="must be a number"):
        read_lines(Kind.INTEGER_ARRAY, "1\ntwo")
