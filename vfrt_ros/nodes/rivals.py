# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Another node that offers our services: told once, and known while it is there."""

from __future__ import annotations

import math
import time
import weakref

from rclpy.clock import Clock, ClockType
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node

from vfrt_ros.nodes.liveliness import Liveliness
from vfrt_ros.nodes.same_service import named, others_offering, refuse_shared

PERIOD_S = 2.0
PAUSE_S = 1.0
"""Seconds that one counts as there after it has left: what was asked until then may be on the way to both."""


class Rivals:
    """Knows who else offers a service under our name of it; used in the executor's thread.

    Args:
        node: Ours.
        service: One of its services, as the node calls it; where it collides, all do.
        topic: The topic that tells whether its publishers are alive, as the node calls it.
    """

    def __init__(self, node: Node, service: str, topic: str) -> None:
        self._node = node
        self._service = node.resolve_service_name(service)
        self._address = node.get_fully_qualified_name()
        self._liveliness = Liveliness(node, topic)
        self._told: list[str] = []
        self._seen = -math.inf
        _HERE.add(self)
        node.create_timer(PERIOD_S, self.look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def look(self) -> list[str]:
        """Their full names, ours among them where a second node has it; the log says when that has changed."""
        others: list[str] = []
        if (servers := self._node.count_services(self._service)) > 1:
            others = others_offering(self._node, self._service, self._address)
            if servers - 1 > len(others):
                others.append(self._address)
        if not self._is_here_twice():
            others = self._liveliness.living(others)
        now = time.monotonic()
        if others:
            self._seen = now
        elif now - self._seen < PAUSE_S:
            return self._told
        self._tell(others)
        return others

    def named(self) -> str:
        """The same in words."""
        return named(self._address, self.look())

    def _is_here_twice(self) -> bool:
        """Whether one of them lives in this process, of whose signs of life nobody is told."""
        return any(
            other is not self and other._service == self._service and other._is_alive() for other in _HERE
        )

    def _is_alive(self) -> bool:
        try:
            with self._node.handle:
                return True
        except rclpy_implementation.InvalidHandle:
            return False

    def _tell(self, others: list[str]) -> None:
        before, self._told = self._told, others
        log = self._node.get_logger()
        if others and others != before:
            log.error(
                f"{refuse_shared(self._service, self._address, others)} Until then requests are refused."
            )
        elif before and not others:
            log.info(f"{self._service} is ours alone again.")


_HERE: weakref.WeakSet[Rivals] = weakref.WeakSet()
"""Those of this process."""
