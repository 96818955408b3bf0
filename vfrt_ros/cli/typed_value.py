# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A text typed by a person as a value of the type that a ROS parameter has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.parameter import Parameter

from vfrt_ros.cli.command import CommandError
from vfrt_ros.core.config.read_list import read_list
from vfrt_ros.core.config.yaml_text import yaml_or_text
from vfrt_ros.core.types.errors import SettingError

Type = Parameter.Type


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or float(value) != int(float(value)):
        raise ValueError
    if not -(2**63) <= int(float(value)) < 2**63:
        raise OverflowError
    return int(value) if isinstance(value, int) else int(float(value))


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _entries(entry: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    return lambda text: [entry(part) for part in read_list(str(text))]


_READERS: dict[Any, tuple[Callable[[Any], Any], str]] = {
    Type.BOOL: (_truth, "true or false"),
    Type.INTEGER: (_whole, "a whole number of 64 bits"),
    Type.DOUBLE: (_number, "a number"),
    Type.BOOL_ARRAY: (_entries(lambda text: _truth(yaml_or_text(text))), "a list of true or false"),
    Type.INTEGER_ARRAY: (_entries(_whole), "a list of whole numbers"),
    Type.DOUBLE_ARRAY: (_entries(_number), "a list of numbers"),
    Type.STRING_ARRAY: (_entries(str), "a list of texts"),
}
_LISTS = frozenset({Type.BOOL_ARRAY, Type.INTEGER_ARRAY, Type.DOUBLE_ARRAY, Type.STRING_ARRAY})


def typed_value(name: str, kind: Any, text: str) -> Any:
    """The value that `text` gives for a parameter of this type: a text as it is, a list by `read_list`, else YAML.

    Args:
        name: Of the parameter, for the message.
        kind: A `Parameter.Type`.

    Raises:
        CommandError: It is of another type.
    """
    if kind is Type.STRING:
        return text
    if kind not in _READERS:
        return yaml_or_text(text)
    read, expected = _READERS[kind]
    try:
        return read(text if kind in _LISTS else yaml_or_text(text))
    except SettingError as error:
        raise CommandError(f"Parameter '{name}' must be {expected}: {error}") from error
    except (TypeError, ValueError, OverflowError):
        raise CommandError(f"Parameter '{name}' must be {expected}; got '{text}'.") from None
