# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Whether recognition nodes of other processes that stand in the graph are alive.

One that was killed stays in the graph until its lease is over, 20 seconds with Fast DDS. The publisher of
`memory_info` gives a sign of life more often, which the middleware counts for whoever asks. Publishers of the own
process are not counted.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError

from vfrt_msgs.msg import MemoryInfo
from vfrt_ros.nodes import qos

GRACE_S = 2 * qos.LEASE_S
"""Seconds that a newcomer has until its first sign of life."""


class Liveliness:
    """Counts the living publishers of one `memory_info`; used in the thread that spins the node.

    Args:
        node: Ours, which listens.
        topic: Resolved name.
        own: How many of the living ones are expected, besides which nobody should be.
    """

    def __init__(self, node: Any, topic: str, own: int = 0) -> None:
        self._node = node
        self._topic = node.resolve_topic_name(topic)
        self._own = own
        self._alive = 0
        self._suspected: dict[str, float] = {}
        events = SubscriptionEventCallbacks(liveliness=self._count, use_default_callbacks=False)
        try:
            node.create_subscription(
                MemoryInfo, topic, lambda _: None, qos.liveliness(), event_callbacks=events
            )
            self._is_told = True
        except UnsupportedEventTypeError:  # a middleware that does not tell
            self._is_told = False

    def living(self, others: Collection[str]) -> list[str]:
        """Those of the nodes that may be alive: all, until it is certain that none is.

        Args:
            others: Full names, as the graph has them now.
        """
        now = time.monotonic()
        self._suspected = {name: self._suspected.get(name, now) for name in others}
        if not others or not self._is_told or self._alive > self._own:
            return list(others)
        recent = any(now - since < GRACE_S for since in self._suspected.values())
        return list(others) if recent or not set(others) <= self._telling() else []

    def _count(self, event: Any) -> None:
        self._alive = event.alive_count

    def _telling(self) -> set[str]:
        """The nodes whose publishers of the topic promise signs of life."""
        infos = self._node.get_publishers_info_by_topic(self._topic)
        promised = qos.liveliness().liveliness_lease_duration.nanoseconds
        return {
            f"{info.node_namespace.rstrip('/')}/{info.node_name}"
            for info in infos
            if info.qos_profile.liveliness_lease_duration.nanoseconds <= promised
        }
