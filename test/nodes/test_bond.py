# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The heartbeat for a lifecycle manager: from activation to deactivation, and its end is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy")

from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.recognition_bench import RecognitionBench
from std_msgs.msg import Header

from vfrt_ros.nodes import self_starting_node
from vfrt_ros.nodes.bond import Bond
from vfrt_ros.nodes.recognition_node import RecognitionNode

pytestmark = pytest.mark.ros


class FakeStatus:
    """Stands for `bond/msg/Status`, which the wheels do not have."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)
        self.header = Header()


class Sent:
    """Stands for the publisher of a node on `bond`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, node_class: type) -> None:
        self.messages: list[FakeStatus] = []
        create = node_class.create_publisher

        def publisher(node: Any, kind: Any, topic: str, *more: Any, **options: Any) -> Any:
            if kind is not FakeStatus:
                return create(node, kind, topic, *more, **options)
            assert topic == "bond"
            return SimpleNamespace(publish=self.messages.append)

        monkeypatch.setattr(node_class, "create_publisher", publisher)


@pytest.fixture
def sent(monkeypatch, tmp_path) -> Sent:
    for name, value in {"BACKBONE": "fake", "AUTOSTART": "false"}.items():
        monkeypatch.setenv(f"VFRT_{name}", value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(self_starting_node, "Status", FakeStatus)
    return Sent(monkeypatch, RecognitionNode)


def test_it_beats_while_the_node_is_active_and_its_end_is_told(ros: Ros, sent: Sent) -> None:
    bench = RecognitionBench(ros)
    instances = set()
    assert bench.change_state("configure")
    for _ in range(2):
        assert sent.messages == [], "none before"
        assert bench.change_state("activate")
        wait_for(lambda: len(sent.messages) >= 3, "heartbeats")
        assert bench.change_state("deactivate")
        *alive, dead = sent.messages
        assert all(message.active for message in alive)
        assert not dead.active
        assert {message.id for message in sent.messages} == {"recognition"}
        assert {message.heartbeat_timeout for message in sent.messages} == {4.0}
        instances |= {message.instance_id for message in sent.messages}
        sent.messages.clear()
    assert len(instances) == 2, "a bond of its own for each activation"


def test_a_node_that_ends_tells_it(ros: Ros, sent: Sent) -> None:
    bench = RecognitionBench(ros)
    for transition in ("configure", "activate"):
        assert bench.change_state(transition)
    bench.node.end()
    assert not sent.messages[-1].active


def test_with_the_real_message(ros: Ros) -> None:
    messages = pytest.importorskip("bond.msg", reason="the package bond is not installed")
    node = ros.node("managed")
    heard: list[Any] = []
    ros.node().create_subscription(messages.Status, "bond", heard.append, 5)
    bond = Bond(node, messages.Status)
    wait_for(lambda: len(heard) >= 2, "heartbeats")
    bond.end()
    wait_for(lambda: not heard[-1].active, "its end")
