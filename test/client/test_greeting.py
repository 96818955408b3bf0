# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Requests to a node whose answers do not arrive yet, or never, or that cannot be greeted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy")

from client.greeted import ADDRESS, Listener, LossyNode

from vfrt_msgs.srv import Undo
from vfrt_ros.client import greetings as module
from vfrt_ros.client.errors import ClientError
from vfrt_ros.client.greetings import Greeting
from vfrt_ros.client.node_client import NodeClient
from vfrt_ros.client.ros_client import RosClient


def test_it_is_sent_again_at_growing_distances_until_one_answer_comes(monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    node = LossyNode(lost=5)
    greeting = Greeting(node, "/robot1/recognition")
    times: list[float] = []
    while not greeting.is_answered():
        times += [now[0]] * (node.client.sent - len(times))
        now[0] += 0.125
    greeting.end()
    assert times == [100.0, 100.25, 100.75, 101.75, 102.75, 103.75]
    assert (node.paths, node.destroyed) == (["/robot1/recognition/get_parameters"], [node.client])


def test_the_other_answers_are_waited_for_a_moment(monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    node = LossyNode(lost=3)
    greeting = Greeting(node, ADDRESS)
    while node.client.sent < 3:
        assert not greeting.is_answered()
        now[0] += 0.125
    node.client.answers[2].set_result(object())
    assert not greeting.is_answered(), "two are still on the way"
    for answer in node.client.answers[:2]:
        answer.set_result(object())
    assert greeting.is_answered()


def test_nothing_is_sent_to_a_node_out_of_sight() -> None:
    node = LossyNode(lost=0)
    node.client.ready = False
    greeting = Greeting(node, ADDRESS)
    assert not greeting.can_be_sent()
    assert not greeting.is_answered()
    assert node.client.sent == 0
    node.client.ready = True
    assert not greeting.is_answered(), "sent just now"
    assert greeting.is_answered()


def by_client(seconds: float) -> Any:
    with NodeClient(ADDRESS) as client:
        return client.call(Undo, Undo.Request(), seconds=seconds)


def by_link(seconds: float) -> Any:
    with RosClient() as link:
        for _ in range(200):
            if link.is_there(ADDRESS):
                break
            threading.Event().wait(0.05)
        return link.call(ADDRESS, Undo, Undo.Request(), seconds)


CALLS = {"a command": by_client, "the panel": by_link}


@pytest.fixture
def deaf() -> Iterator[Listener]:
    listener = Listener(parameter_services=True)
    yield listener
    listener.close()


@pytest.fixture
def terse() -> Iterator[Listener]:
    listener = Listener(parameter_services=False)
    yield listener
    listener.close()


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_node_that_does_not_answer_is_not_asked_to_change_anything(deaf: Listener, call: Any) -> None:
    with pytest.raises(
        ClientError, match="/listener gave no answer within 1 s to a first call, so nothing was"
    ):
        call(1.0)
    deaf.wake()
    assert call(20.0) is not None
    assert deaf.asked == 1, "the call that failed has left nothing behind"


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_node_without_parameter_services_is_asked_all_the_same(terse: Listener, call: Any) -> None:
    terse.wake()
    assert call(20.0) is not None
    assert terse.asked == 1
