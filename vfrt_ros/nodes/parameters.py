# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The parameter table as ROS parameters: precedence at the start, checks and changes while running."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import ParameterNotDeclaredException
from rclpy.node import Node
from rclpy.parameter import Parameter as RosParameter

from vfrt_ros.core.config.parameters import Parameter, ParameterKind, Settings, check_names, from_environment
from vfrt_ros.core.config.settings import CameraSettings, RecognitionSettings
from vfrt_ros.core.types.errors import SettingError, VfrtError, nearest
from vfrt_ros.nodes.callback_guard import FAULT, CallbackGuard
from vfrt_ros.nodes.given_files import GivenFiles, are_given

Chosen = TypeVar("Chosen", bound=Settings)

NODES: dict[str, type[Settings]] = {"camera": CameraSettings, "recognition": RecognitionSettings}
"""Node name to its table of parameters."""

FOREIGN = re.compile(r"use_sim_time$|qos_overrides\.|start_type_description_service$")
"""Parameters that rclpy itself takes."""

_ASSIGNMENT = re.compile(r"(?:[^:=]+:)?([^:=]+):=")
_UNBOUNDED = 2**31 - 1


class UndeclaredParameterError(ParameterNotDeclaredException):
    """A parameter that is not declared; rclpy's services turn it into a refusal, with a text that helps."""

    def __init__(self, text: str) -> None:
        Exception.__init__(self, text)


def read_settings(
    node: Node, settings: type[Chosen], arguments: Sequence[str], environment: Mapping[str, str] = os.environ
) -> Chosen:
    """The settings that a node starts with: `-p` over `VFRT_<NAME>` over parameter files over defaults.

    Args:
        node: Whose parameter overrides are read.
        settings: The table.
        arguments: The command line that the node was started with.
        environment: Where `VFRT_*` variables stand.

    Raises:
        SettingError: A name is unknown or a value is wrong.
    """
    known = settings.parameters()
    others = {name: entry for table in NODES.values() for name, entry in table.parameters().items()}
    overrides = {name: parameter.value for name, parameter in node._parameter_overrides.items()}
    given = {name: value for name, value in overrides.items() if not FOREIGN.match(name)}
    _refuse_mappings(given, known)
    _leave_alone(node, given, {**known, **others}, arguments)
    check_names(given, {**known, **others})
    typed = {name for name in _typed_names(arguments) if name in given}
    files = {name: value for name, value in given.items() if name not in typed}
    values = files | from_environment(environment, known, others) | {name: given[name] for name in typed}
    return settings.from_mapping({name: value for name, value in values.items() if name in known})


def _leave_alone(
    node: Node, given: dict[str, Any], known: Mapping[str, Parameter], arguments: Sequence[str]
) -> None:
    """Take what is meant for other nodes out of `given`, and say so."""
    if not are_given(arguments):
        return
    files = GivenFiles(arguments, node.get_fully_qualified_name())
    foreign = files.foreign(name for name in given if name not in known)
    files.tell(foreign, known, node.get_logger().warning)
    for name in foreign:
        del given[name]


def declare(node: Node, settings: Settings) -> None:
    """Declare every parameter of the table with the values that the settings have."""
    for entry in settings.parameters().values():
        value = to_ros(getattr(settings, entry.name))
        node.declare_parameter(entry.name, value, descriptor(entry), ignore_override=True)


def descriptor(entry: Parameter) -> ParameterDescriptor:
    """Description, range and read-only flag, as rqt_reconfigure and `ros2 param describe` show them."""
    described = ParameterDescriptor(name=entry.name, description=entry.description, read_only=not entry.live)
    described.additional_constraints = entry.expected
    if entry.kind is ParameterKind.FLOAT and entry.low is not None and entry.high is not None:
        described.floating_point_range = [FloatingPointRange(from_value=entry.low, to_value=entry.high)]
    if entry.kind is ParameterKind.INT and entry.low is not None:
        high = _UNBOUNDED if entry.high is None else int(entry.high)
        described.integer_range = [IntegerRange(from_value=int(entry.low), to_value=high)]
    return described


def accept_live_changes(
    node: CallbackGuard, table: Mapping[str, Parameter], apply: Callable[[dict[str, Any]], None]
) -> None:
    """Put new values in force, all or none, before they are accepted: so the answer is the truth.

    rclpy asks its on-set callbacks in turn, the last one added first, and none of its own refuses after this one.

    Args:
        node: Whose parameters were declared from the table.
        table: By name.
        apply: Puts values in force; raises where it cannot, with everything as it was. The text of a VfrtError
            becomes the reason of the refusal; anything else is a fault of the node.
    """

    def to_own_types(parameters: list[RosParameter]) -> list[RosParameter]:
        refuse_undeclared(node, parameters)
        return [_in_own_type(parameter, table) for parameter in parameters]

    def put_in_force(parameters: list[RosParameter]) -> SetParametersResult:
        try:
            if values := _values(parameters, table):
                apply(values)
        except VfrtError as error:
            return SetParametersResult(successful=False, reason=str(error))
        except Exception as error:
            node.faults.report("a change of parameters", error)
            return SetParametersResult(successful=False, reason=FAULT)
        return SetParametersResult(successful=True)

    node.add_pre_set_parameters_callback(to_own_types)
    node.add_on_set_parameters_callback(put_in_force)


def refuse_undeclared(node: Node, parameters: Iterable[RosParameter]) -> None:
    """Refuse what the node does not have; rclpy takes it silently where it has no type.

    Raises:
        UndeclaredParameterError: Names the unknown one and the nearest known one.
    """
    for parameter in parameters:
        if not node.has_parameter(parameter.name):
            hint = nearest(parameter.name, node._parameters)
            raise UndeclaredParameterError(f"Unknown parameter '{parameter.name}'.{hint}")


def to_ros(value: Any) -> Any:
    """A setting's value as rclpy takes it; it cannot tell the type of an empty list."""
    if isinstance(value, tuple):
        return list(value) or [""]
    return value


def _in_own_type(parameter: RosParameter, table: Mapping[str, Parameter]) -> RosParameter:
    """`ros2 param set … 1` gives a whole number where a number is declared; the checks see the rest."""
    entry = table.get(parameter.name)
    if entry is None or not entry.live:
        return parameter
    try:
        return RosParameter(parameter.name, value=to_ros(entry.check(_plain(parameter.value))))
    except SettingError:
        whole = entry.kind is ParameterKind.FLOAT and type(parameter.value) is int
        return RosParameter(parameter.name, value=float(parameter.value)) if whole else parameter


def _values(parameters: Iterable[RosParameter], table: Mapping[str, Parameter]) -> dict[str, Any]:
    return {p.name: _plain(p.value) for p in parameters if p.name in table}


def _plain(value: Any) -> Any:
    return list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else value


def _typed_names(arguments: Sequence[str]) -> set[str]:
    """Parameter names given by `-p [node:]name:=value`."""
    pairs = itertools.pairwise(arguments)
    matches = (_ASSIGNMENT.match(value) for flag, value in pairs if flag in ("-p", "--param"))
    return {match.group(1) for match in matches if match}


def _refuse_mappings(given: Mapping[str, Any], known: Mapping[str, Parameter]) -> None:
    for name in given:
        head, dot, tail = name.partition(".")
        if dot and head in known:
            expected = known[head].expected
            raise SettingError(f"Parameter '{head}' must be {expected}; got a mapping with the key '{tail}'.")
