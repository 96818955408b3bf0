# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which control suits a parameter, decided from the node's own description of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from rclpy.parameter import Parameter

from vfrt_ros.core.config.parameters import choices_of
from vfrt_ros.panel.parameter_mirror import MirroredParameter

MOST_STEPS = 100
"""A slider with more positions than this is hard to set: the number is typed instead."""

_SCALE = 100


class Shape(Enum):
    """Kinds of controls."""

    SWITCH = "switch"
    SLIDER = "slider"
    NUMBER = "number"
    CHOICE = "choice"
    TEXT = "text"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Control:
    """A control for one parameter.

    Attributes:
        low, high, step: Of numbers; None = no bound, or none that is known.
        choices: Of a closed choice.
    """

    shape: Shape
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()


def control_for(entry: MirroredParameter) -> Control:
    """The control: by type, range and constraint, never by name.

    A range of floats gets a hundred steps, in which the current value need not lie on one.
    """
    if entry.kind is Parameter.Type.BOOL:
        return Control(Shape.SWITCH)
    if entry.kind in (Parameter.Type.INTEGER, Parameter.Type.DOUBLE):
        return _number(entry)
    if entry.kind is Parameter.Type.STRING:
        choices = choices_of(entry.descriptor.additional_constraints)
        known = entry.value in choices
        return Control(Shape.CHOICE, choices=choices) if known else Control(Shape.TEXT)
    return Control(Shape.LINES)


def _number(entry: MirroredParameter) -> Control:
    whole = entry.kind is Parameter.Type.INTEGER
    number = int if whole else float
    ranges = entry.descriptor.integer_range if whole else entry.descriptor.floating_point_range
    if not ranges:
        return Control(Shape.NUMBER, step=1 if whole else None)
    low, high = number(ranges[0].from_value), number(ranges[0].to_value)
    step: float = ranges[0].step or (1 if whole else (high - low) / _SCALE)
    fits = low <= entry.value <= high and low < high
    fine = (high - low) / step <= MOST_STEPS and high - low <= _SCALE
    if fits and fine:
        return Control(Shape.SLIDER, low, high, step)
    return Control(Shape.NUMBER, low if fits else None, high if fits else None, step if whole else None)


def read_lines(kind: Parameter.Type, text: str) -> list[Any]:
    """A text with an entry on each line as a list of the parameter's type.

    Raises:
        ValueError: A line is not such an entry; says which.

    >>> read_lines(Parameter.Type.INTEGER_ARRAY, "640\\n480")
    [640, 480]
    """
    entries = [line.strip() for line in text.splitlines() if line.strip()]
    readers = {Parameter.Type.INTEGER_ARRAY: int, Parameter.Type.DOUBLE_ARRAY: float}
    reader = readers.get(kind, str)
    try:
        return [reader(entry) for entry in entries]
    except ValueError:
        raise ValueError(f"Each line must be a number; got '{text}'.") from None
