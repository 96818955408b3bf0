# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Read the values of a payload, each of which may be anything; what is refused raises a ValueError or TypeError."""

from __future__ import annotations

from typing import Any

from vfrt_ros.core.memory.payload import LabelPrompts
from vfrt_ros.core.types.example import Prompts
from vfrt_ros.core.types.label import check_label, check_prompts
from vfrt_ros.core.types.operation import NO_END, ExampleId, OperationId


def read_prompts(entries: Any) -> LabelPrompts:
    """Prompts by label; None takes a label's prompts away."""
    if not isinstance(entries, dict):
        raise TypeError("its prompts are not given by label")
    found: dict[str, Prompts | None] = {}
    for label, texts in entries.items():
        if texts is None:
            found[read_label(label)] = None
            continue
        checked = [read_text(text) for text in read_list(texts)]
        most = max(1, len(checked))
        found |= check_prompts([read_label(label)] * most, checked, replace=False, most=most)
    return found


def read_example_ids(entries: Any) -> tuple[ExampleId, ...]:
    """Ids of examples, each from (robot, number, place)."""
    return tuple(
        ExampleId(_operation_id((robot, number)), read_whole(index, 0))
        for robot, number, index in read_list(entries)
    )


def read_operation_ids(entries: Any) -> tuple[OperationId, ...]:
    """Ids of operations, each from (robot, number)."""
    return tuple(_operation_id(entry) for entry in read_list(entries))


def _operation_id(entry: Any) -> OperationId:
    robot, number = entry
    return OperationId(check_robot(robot), read_whole(number, 1))


def check_robot(robot: Any) -> str:
    """The id of a robot's memory: 1 to 64 letters, digits, `-` and `_`.

    Args:
        robot: Anything, as a message or a file gives it.

    Raises:
        ValueError: Anything else.
    """
    text = read_text(robot)
    if not (0 < len(text) <= 64 and text.isascii() and text.replace("-", "").replace("_", "").isalnum()):
        raise ValueError(f"the id of a robot must be 1 to 64 letters and digits; got {text!r:.40}")
    return text


def read_whole(value: Any, least: int) -> int:
    """A whole number from `least` up to what the log can hold."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < NO_END:
        raise ValueError(f"expected a whole number from {least}; got {value!r:.40}")
    return value


def read_label(value: Any) -> str:
    """A label as it was stored: an older version kept it as it was typed."""
    text = read_text(value)
    check_label(text)
    return text


def read_list(value: Any) -> list[Any]:
    """A list of anything."""
    if not isinstance(value, list):
        raise TypeError(f"expected a list; got {value!r:.40}")
    return value


def read_text(value: Any) -> str:
    """A text of any length."""
    if not isinstance(value, str):
        raise TypeError(f"expected a text; got {value!r:.40}")
    return value
