"""A text typed by a person as a value of the type that a ROS parameter has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from rclpy.parameter import Parameter

from vfrt_ros.cli.command import CommandError

Type = Parameter.Type


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or float(value) != int(float(value)):
        raise ValueError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _entries(entry: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    def read(value: Any) -> list[Any]:
        parts = value if isinstance(value, list) else [part.strip() for part in str(value).split(",")]
        return [entry(part) for part in parts if part != ""]

    return read


_READERS: dict[Any, tuple[Callable[[Any], Any], str]] = {
    Type.BOOL: (_truth, "true or false"),
    Type.INTEGER: (_whole, "a whole number"),
    Type.DOUBLE: (_number, "a number"),
    Type.BOOL_ARRAY: (_entries(_truth), "a list of true or false"),
    Type.INTEGER_ARRAY: (_entries(_whole), "a list of whole numbers"),
    Type.DOUBLE_ARRAY: (_entries(_number), "a list of numbers"),
    Type.STRING_ARRAY: (_entries(str), "a list of texts"),
}


def typed_value(name: str, kind: Any, text: str) -> Any:
    """What `text`, read as YAML, is for a parameter of this type; a text parameter takes it as it is.

    Args:
        name: Of the parameter, for the message.
        kind: A `Parameter.Type`.

    Raises:
        CommandError: It is of another type.
    """
    if kind is Type.STRING:
        return text
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = text
    if kind not in _READERS:
        return value
    read, expected = _READERS[kind]
    try:
        return read(value)
    except (TypeError, ValueError, OverflowError):
        raise CommandError(f"Parameter '{name}' must be {expected}; got '{text}'.") from None
