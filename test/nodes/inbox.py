# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What arrives on a topic, kept for a test."""

from __future__ import annotations

from typing import Any

from fixtures.waiting import wait_for
from rclpy.qos import QoSProfile

from vfrt_ros.nodes import qos


class Inbox:
    """What arrives on a topic."""

    def __init__(self, node: Any, kind: type, topic: str, profile: QoSProfile | None = None) -> None:
        self.messages: list[Any] = []
        self._node, self._topic = node, topic
        self._subscription = node.create_subscription(
            kind, topic, self.messages.append, profile or qos.camera_image()
        )

    def next(self) -> Any:
        """The first message that comes from now on."""
        count = len(self.messages)
        wait_for(lambda: len(self.messages) > count, f"a message on {self._topic}")
        return self.messages[count]

    def close(self) -> None:
        self._node.destroy_subscription(self._subscription)
