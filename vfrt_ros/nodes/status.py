# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Statuses on `/diagnostics`, once a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from vfrt_ros.nodes import names, qos

PERIOD = 1.0


class StatusPublisher:
    """Publishes what `statuses` says, by the machine's clock: also while a simulated one stands still.

    Args:
        node: Publishes it, stamped by its own clock.
        statuses: Called in the executor's thread with the monotonic time in seconds.
    """

    def __init__(self, node: Node, statuses: Callable[[float], Sequence[DiagnosticStatus]]) -> None:
        self._node = node
        self._statuses = statuses
        self._publisher = node.create_publisher(DiagnosticArray, names.DIAGNOSTICS, qos.diagnostics())
        node.create_timer(PERIOD, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _publish(self) -> None:
        message = DiagnosticArray(status=self._statuses(time.monotonic()))
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)


def status_message(
    level: bytes, name: str, message: str, values: Mapping[str, object], hardware: str = ""
) -> DiagnosticStatus:
    """A status; the values are written as texts, their units stand in the keys."""
    return DiagnosticStatus(
        level=level,
        name=name,
        message=message,
        hardware_id=hardware,
        values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
    )
