# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The subscription to images, reliable where that helps.

A best-effort reader gets what arrives whole at the first try. A driver whose shared memory is smaller than a frame
overwrites parts of it, and only a reliable reader asks for them again: of a driver's 10 frames of 640x480 a second,
9.8 arrive reliably and 2.8 do not. But a reliable reader gets nothing from a best-effort publisher.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import ReliabilityPolicy

from vfrt_ros.nodes import qos
from vfrt_ros.nodes.qos_mismatch import subscription_events

LOOK_SECONDS = 0.5
Listen = Callable[[SubscriptionEventCallbacks], Callable[..., None]]


class ImageSubscription:
    """Listens to a topic of images; made and ended in the executor's thread.

    Args:
        node: Whose subscription it is.
        message: The type of the messages.
        topic: Before remapping.
        listen: Gives the callback for the messages; gets the subscription's event callbacks, which it may add to,
            each time that the subscription is made anew.
    """

    def __init__(self, node: Node, message: type, topic: str, listen: Listen) -> None:
        self._node = node
        self._message = message
        self._topic = topic
        self._listen = listen
        self.reliability = ReliabilityPolicy.BEST_EFFORT
        self._subscription = self._subscribe(qos_overriding_options=qos.overridable())
        self._timer = None
        if not self._is_overridden():
            steady = Clock(clock_type=ClockType.STEADY_TIME)
            self._timer = node.create_timer(LOOK_SECONDS, self._follow_publishers, clock=steady)

    def end(self) -> None:
        """Stop listening."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
        self._node.destroy_subscription(self._subscription)

    def _subscribe(self, **options: Any) -> Any:
        events = subscription_events(self._node, self._topic)
        if self.reliability is ReliabilityPolicy.RELIABLE:
            events.incompatible_qos = None  # a best-effort publisher that joins is followed, not told of
        return self._node.create_subscription(
            self._message,
            self._topic,
            self._listen(events),
            qos.camera_image(self.reliability.name.lower()),
            event_callbacks=events,
            **options,
        )

    def _is_overridden(self) -> bool:
        """Whether the person says how reliable it is to be."""
        name = f"qos_overrides.{self._subscription.topic_name}.subscription.reliability"
        return name in self._node._parameter_overrides

    def _follow_publishers(self) -> None:
        publishers = self._node.get_publishers_info_by_topic(self._subscription.topic_name)
        wanted = wanted_reliability([publisher.qos_profile.reliability for publisher in publishers])
        if wanted is None or wanted is self.reliability:
            return
        self.reliability = wanted
        before, self._subscription = self._subscription, self._subscribe()
        self._node.destroy_subscription(before)


def wanted_reliability(offered: Sequence[ReliabilityPolicy]) -> ReliabilityPolicy | None:
    """How reliably to listen to publishers that offer this; None = as before, as there are none.

    >>> reliable, best_effort = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
    >>> wanted_reliability([reliable]).name, wanted_reliability([reliable, best_effort]).name
    ('RELIABLE', 'BEST_EFFORT')
    """
    if not offered:
        return None
    every = all(policy is ReliabilityPolicy.RELIABLE for policy in offered)
    return ReliabilityPolicy.RELIABLE if every else ReliabilityPolicy.BEST_EFFORT
