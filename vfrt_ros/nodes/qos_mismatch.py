# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A peer whose QoS does not fit is named once, with the cure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, qos_policy_name_from_kind

from vfrt_ros.nodes import qos


def publisher(node: Node, message: type, topic: str, profile: QoSProfile) -> Publisher:
    """A publisher whose profile the person may override, and that tells of subscribers that do not fit.

    Args:
        node: Whose it is, and whose log tells.
        message: The type of the messages.
        topic: Before remapping.
        profile: Of `qos`.
    """
    return node.create_publisher(
        message,
        topic,
        profile,
        qos_overriding_options=qos.overridable(),
        event_callbacks=publisher_events(node, topic),
    )


def publisher_events(node: Node, topic: str, cure: str = "") -> PublisherEventCallbacks:
    """Event callbacks of a publisher: a subscriber that asks for more than is offered is told once.

    Args:
        node: Whose log gets the line.
        topic: As it is given to `create_publisher`.
        cure: What to do on this side where the policy is the reliability.
    """

    def say(policy: str) -> str:
        return (
            f"A subscriber of {node.resolve_topic_name(topic)} asks for another {policy} than is offered and "
            f"gets nothing. Make it {_SUBSCRIBER.get(policy, f'ask for less {policy}')}"
            f"{f', or {cure}' if cure and policy == 'RELIABILITY' else ''}."
        )

    return PublisherEventCallbacks(incompatible_qos=_tell_once(node, say))


def subscription_events(node: Node, topic: str) -> SubscriptionEventCallbacks:
    """Event callbacks of a subscription: a publisher that offers less than is asked for is told once."""

    def say(policy: str) -> str:
        full = node.resolve_topic_name(topic)
        override = f"qos_overrides.{full}.subscription.reliability:=best_effort"
        return f"A publisher of {full} offers another {policy} than is asked for: nothing comes from it. " + (
            f"Start this node with -p {override}." if policy == "RELIABILITY" else "Change the publisher."
        )

    return SubscriptionEventCallbacks(incompatible_qos=_tell_once(node, say))


_SUBSCRIBER = {
    "RELIABILITY": "subscribe best effort (rviz: Reliability Policy; ros2 topic: --qos-reliability best_effort)",
    "DURABILITY": "subscribe volatile (--qos-durability volatile)",
}


def _tell_once(node: Node, say: Callable[[str], str]) -> Callable[[Any], None]:
    """Takes events, and logs one line for each policy."""
    told: set[str] = set()

    def tell(event: Any) -> None:
        policy = str(qos_policy_name_from_kind(event.last_policy_kind)).removesuffix("_QOS_POLICY")
        if policy not in told:
            told.add(policy)
            node.get_logger().warning(say(policy))

    return tell
