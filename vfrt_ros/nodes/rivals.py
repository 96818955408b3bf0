# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Another node that offers our services: told once, and known while it is there."""

from __future__ import annotations

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from vfrt_ros.nodes.same_service import others_offering, refuse_shared

PERIOD_S = 2.0


class Rivals:
    """Looks every two seconds who else offers a service under our name of it. The executor's thread writes `others`.

    Attributes:
        others: Full names of the nodes that do.

    Args:
        node: Ours.
        service: One of its services, as the node calls it; where it collides, all do.
    """

    def __init__(self, node: Node, service: str) -> None:
        self.others: list[str] = []
        self._node = node
        self._service = node.resolve_service_name(service)
        node.create_timer(PERIOD_S, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _look(self) -> None:
        address = self._node.get_fully_qualified_name()
        before, self.others = self.others, others_offering(self._node, self._service, address)
        log = self._node.get_logger()
        if self.others and self.others != before:
            log.error(
                f"{refuse_shared(self._service, address, self.others)} Until then requests are refused."
            )
        elif before and not self.others:
            log.info(f"{self._service} is ours alone again.")
