# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The parameters of a node as it describes them, kept up to date with what is changed elsewhere.

The link's thread writes what parameter events say, a thread of its own reads everything anew when the node
came (back) and every few seconds; both under one lock. Browser sessions read `entries` and call `set`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor, ParameterEvent
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.qos import qos_profile_parameter_events

from vfrt_ros.client.errors import ClientError, NoAnswerError
from vfrt_ros.client.ros_client import RosClient
from vfrt_ros.nodes.parameters import FOREIGN

REFRESH_SECONDS = 5.0
_CALL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class MirroredParameter:
    """One parameter of the node.

    Attributes:
        kind: Its `rclpy.parameter.Parameter.Type`.
        value: In Python's own types.
        descriptor: As the node describes it.
    """

    name: str
    kind: Parameter.Type
    value: Any
    descriptor: ParameterDescriptor


class ParameterMirror:
    """The node's parameters as they are now."""

    def __init__(self, link: RosClient, address: str) -> None:
        self._link = link
        self._address = address
        self._lock = threading.Lock()
        self._entries: dict[str, MirroredParameter] = {}
        self._noted = 0
        self._version = 0
        self._wanted = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="panel's parameters", daemon=True)

    def start(self) -> None:
        """Begin to listen and to read."""
        self._link.subscribe(ParameterEvent, "/parameter_events", self._hear, qos_profile_parameter_events)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        self._wanted.set()
        self._thread.join(2.0)

    def entries(self) -> list[MirroredParameter]:
        """All parameters in the node's own order; empty until they were read."""
        with self._lock:
            return list(self._entries.values())

    @property
    def version(self) -> int:
        """Another number after each change of a value or a description."""
        with self._lock:
            return self._version

    def value(self, name: str, otherwise: Any = None) -> Any:
        """The value of one parameter, or something else where the node has none of this name."""
        with self._lock:
            entry = self._entries.get(name)
        return otherwise if entry is None else entry.value

    def refresh(self) -> None:
        """Read everything anew, soon."""
        self._wanted.set()

    def set(self, name: str, value: Any) -> str:
        """Ask the node to change a parameter.

        Returns:
            Why it refused; empty = the value is in force.
        """
        with self._lock:
            entry = self._entries.get(name)
        if entry is None:
            return f"{self._address} has no parameter '{name}'."
        # rclpy cannot tell the type of an empty list; a list with an empty text means the same to our nodes.
        parameter = Parameter(name, entry.kind, [""] if value == [] else value)
        request = SetParameters.Request(parameters=[parameter.to_parameter_msg()])
        try:
            result = self._link.call(self._address, SetParameters, request, _CALL_SECONDS).results[0]
        except ClientError as error:
            return str(error)
        if result.successful:
            self._note(name, value)
            return ""
        return result.reason or f"{self._address} refused {name} = {value} without a reason."

    def _note(self, name: str, value: Any) -> None:
        with self._lock:
            self._noted += 1
            entry = self._entries.get(name)
            if entry is not None and entry.value != (value := _plain(value)):
                self._entries[name] = replace(entry, value=value)
                self._version += 1

    def _hear(self, event: ParameterEvent) -> None:
        if event.node != self._address:
            return
        for message in (*event.new_parameters, *event.changed_parameters):
            self._note(message.name, parameter_value_to_python(message.value))
        if event.new_parameters or event.deleted_parameters:
            self.refresh()

    def _keep(self) -> None:
        while not self._ended.is_set():
            self._wanted.wait(REFRESH_SECONDS)
            self._wanted.clear()
            if self._ended.is_set():
                return
            noted = self._noted
            try:
                entries = self._read()
            except ClientError:
                continue  # the node is gone or busy; the page says so
            with self._lock:
                # A change that came meanwhile may be newer than what was read.
                if self._noted == noted:
                    self._version += entries != self._entries
                    self._entries = entries
                else:
                    self._wanted.set()

    def _read(self) -> dict[str, MirroredParameter]:
        listed = self._call(ListParameters, ListParameters.Request()).result.names
        names = [name for name in listed if not FOREIGN.match(name)]
        described = self._call(DescribeParameters, DescribeParameters.Request(names=names)).descriptors
        values = self._call(GetParameters, GetParameters.Request(names=names)).values
        if not len(names) == len(described) == len(values):
            raise NoAnswerError(f"{self._address} has changed between two answers.")
        return {
            name: MirroredParameter(
                name, Parameter.Type(value.type), _plain(parameter_value_to_python(value)), descriptor
            )
            for name, descriptor, value in zip(names, described, values, strict=True)
        }

    def _call(self, service: Any, request: Any) -> Any:
        return self._link.call(self._address, service, request, _CALL_SECONDS)


def _plain(value: Any) -> Any:
    """Python's own types; the empty text that stands for an empty list is left out."""
    if hasattr(value, "typecode") or isinstance(value, (list, tuple)):
        return [part for part in value if part != ""]
    return value
