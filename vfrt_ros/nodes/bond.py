# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A heartbeat for a lifecycle manager, such as nav2's, which takes a node for dead that gives none.

The manager forms a bond with each node that it has activated: both publish `bond/msg/Status` on `bond`, the node's
name as the id. The package `bond` comes with nav2; without it a manager's `bond_timeout` has to be 0.

Source: bond_core (bondcpp/src/bond.cpp) and nav2_lifecycle_manager, branch jazzy.
"""

from __future__ import annotations

import uuid
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

try:
    from bond.msg import Status
except ImportError:
    Status = None

TOPIC = "bond"
PERIOD_S = 0.25
TIMEOUT_S = 4.0


class Bond:
    """Publishes that the node is alive from now on, and at its end that it no longer is.

    Args:
        node: The node that was activated.
        status: The type `bond/msg/Status`.
    """

    def __init__(self, node: Node, status: Any) -> None:
        self._node = node
        self._status = status
        self._instance = str(uuid.uuid4())
        self._publisher = node.create_publisher(status, TOPIC, 5)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(PERIOD_S, lambda: self._publish(active=True), clock=steady)
        self._publish(active=True)

    def end(self) -> None:
        """Break the bond, so that the manager need not wait for its timeout."""
        self._publish(active=False)
        self._node.destroy_timer(self._timer)
        self._node.destroy_publisher(self._publisher)

    def _publish(self, *, active: bool) -> None:
        message = self._status(id=self._node.get_name(), instance_id=self._instance, active=active)
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.heartbeat_timeout, message.heartbeat_period = TIMEOUT_S, PERIOD_S
        self._publisher.publish(message)
