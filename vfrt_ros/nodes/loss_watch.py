# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Counts what the image subscription of a node loses, finds out why, and tells the log once.

The executor's thread alone uses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import rclpy
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node

from vfrt_ros.core.frames.frame_loss import FrameLoss, Loss
from vfrt_ros.nodes import names
from vfrt_ros.nodes.loss_cause import Cause, cure, endpoint_id, find_cause, receive_limit

TELLING = ("rmw_fastrtps_cpp", "rmw_fastrtps_dynamic_cpp", "rmw_cyclonedds_cpp")
"""Middlewares that tell which messages are lost; with others the stamps have to say it."""


@dataclass(frozen=True, slots=True)
class LossReport:
    """A report on what is lost and why, of images of which size."""

    loss: Loss
    cause: Cause = Cause.NONE
    image_bytes: int = 0


class LossWatch:
    """Stands between a subscription and what takes its images.

    Args:
        node: Whose subscription it is.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._loss = FrameLoss()
        self._topic = ""
        self._image_bytes = 0
        self._compressed = False
        self._senders = 1
        self._told: set[Cause] = set()
        self._limit_looked_for: list[bytes] = []

    def listen(
        self, topic: str, take: Callable[[Any], None], events: SubscriptionEventCallbacks
    ) -> Callable[[Any, Any], None]:
        """Begin to count the frames of a topic.

        Args:
            topic: Of the images.
            take: Gets each image.
            events: Of the subscription; what is lost is added to them.

        Returns:
            The subscription's callback.
        """
        is_told = rclpy.get_rmw_implementation_identifier() in TELLING
        if is_told:
            events.message_lost = lambda event: self._loss.lost(event.total_count_change)
        self._loss.restart(is_told=is_told)
        self._topic = self._node.resolve_topic_name(topic)
        self._compressed = topic.endswith(f"/{names.COMPRESSED}")
        self._limit_looked_for = []

        def count_and_take(message: Any, info: Any) -> None:
            stamp = message.header.stamp
            # Each of several publishers has numbers of its own.
            number = info["publication_sequence_number"] if self._senders == 1 else None
            self._loss.came(stamp.sec + stamp.nanosec / 1e9, number)
            self._image_bytes, self._compressed = len(message.data), not hasattr(message, "step")
            take(message)

        return count_and_take

    def look(self) -> LossReport:
        """How it is now; to be called once a second. Names each cause with its cure in the log, once."""
        loss = self._loss.look()
        senders = self._node.get_publishers_info_by_topic(self._topic) if self._topic else []
        self._senders = len(senders)
        self._tell_limit(senders)
        if not loss.is_lossy:
            return LossReport(loss, Cause.NONE, self._image_bytes)
        cause = self._find(senders)
        if cause not in self._told:
            self._told.add(cause)
            self._node.get_logger().warning(
                f"{loss.share:.0%} of the frames of {self._topic} get lost on the way: "
                f"{cure(cause, self._image_bytes)}. It is counted in /diagnostics from now on."
            )
        return LossReport(loss, cause, self._image_bytes)

    def _tell_limit(self, senders: list[Any]) -> None:
        """Say before anything is lost that this host's sockets are small for pictures of another one."""
        gids = [endpoint_id(entry) for entry in senders]
        if gids == self._limit_looked_for:
            return
        self._limit_looked_for = gids
        if not self._compressed and self._find(senders) is Cause.SOCKET_LIMIT:
            self._node.get_logger().warning(
                f"{self._topic} comes from another host, and a socket of this one holds {receive_limit()} bytes: raw "
                f"pictures may get lost. {cure(Cause.SOCKET_LIMIT)}."
            )

    def _find(self, senders: list[Any]) -> Cause:
        mine = [
            endpoint_id(entry)
            for entry in self._node.get_publishers_info_by_topic(names.DIAGNOSTICS)
            if (entry.node_name, entry.node_namespace) == (self._node.get_name(), self._node.get_namespace())
        ]
        return find_cause(
            [endpoint_id(entry) for entry in senders],
            mine[0] if mine else None,
            compressed=self._compressed,
            limit=receive_limit(),
        )
