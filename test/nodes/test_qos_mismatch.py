# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A peer whose QoS does not fit is named once, with what to do."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip("rclpy")

from fixtures.waiting import wait_for
from nodes.conftest import Ros
from rclpy.qos import DurabilityPolicy, QoSPolicyKind, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from vfrt_ros.nodes.qos_mismatch import publisher_events, subscription_events

pytestmark = pytest.mark.ros

RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(
    depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)


class Log:
    """Standard error as it comes."""

    def __init__(self, capfd) -> None:
        self._capfd = capfd
        self.text = ""

    def has(self, words: str) -> bool:
        self.text += self._capfd.readouterr().err
        return words in self.text


def test_a_publisher_names_a_subscriber_that_asks_for_more(ros: Ros, capfd) -> None:
    log, node, peer = Log(capfd), ros.node("camera"), ros.node("viewer")
    events = publisher_events(node, "picture", "start with -p reliability:=reliable")
    node.create_publisher(Image, "picture", BEST_EFFORT, event_callbacks=events)
    for _ in range(2):
        peer.create_subscription(Image, "picture", lambda message: None, RELIABLE)
    expected = "A subscriber of /picture asks for another RELIABILITY than is offered and gets nothing."
    wait_for(lambda: log.has(expected), "the line")
    peer.create_subscription(Image, "picture", lambda message: None, LATCHED)
    wait_for(lambda: node.count_subscribers("picture") == 3, "the third")
    assert log.has("-p reliability:=reliable")
    assert log.text.count("asks for another RELIABILITY") == 1


def test_a_subscription_names_a_publisher_that_offers_less(ros: Ros, capfd) -> None:
    log, node, peer = Log(capfd), ros.node("recognition"), ros.node("camera")
    events = subscription_events(node, "picture")
    node.create_subscription(Image, "picture", lambda message: None, RELIABLE, event_callbacks=events)
    for _ in range(2):
        peer.create_publisher(Image, "picture", BEST_EFFORT)
    wait_for(lambda: log.has("offers another RELIABILITY than is asked for"), "the line")
    assert log.has("-p qos_overrides./picture.subscription.reliability:=best_effort")
    wait_for(lambda: node.count_publishers("picture") == 2, "the second")
    log.has("")
    assert log.text.count("offers another") == 1


def test_each_policy_is_told_once_however_often_it_happens(ros: Ros, capfd) -> None:
    node = ros.node("camera")
    for events in (publisher_events(node, "picture"), subscription_events(node, "picture")):
        for kind in (QoSPolicyKind.RELIABILITY, QoSPolicyKind.DURABILITY, QoSPolicyKind.RELIABILITY):
            events.incompatible_qos(SimpleNamespace(last_policy_kind=kind))
    logged = capfd.readouterr().err
    assert logged.count("another RELIABILITY") == logged.count("another DURABILITY") == 2
