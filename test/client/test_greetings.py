# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Calls that wait for a node at the same time share one greeting, and each is sure of its own client."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytest.importorskip("rclpy")

from client.greeted import ADDRESS, Listener, LossyNode
from fixtures.waiting import wait_for
from rcl_interfaces.srv import GetParameters, ListParameters

from vfrt_msgs.srv import Undo
from vfrt_ros.client.errors import ClientError
from vfrt_ros.client.greetings import Greetings
from vfrt_ros.client.ros_client import RosClient

NEVER = 1_000_000


def deliver(node: LossyNode) -> None:
    """The node answers all that it was sent."""
    for answer in node.client.answers:
        if not answer.done():
            answer.set_result(object())


def test_calls_through_clients_that_were_there_share_one() -> None:
    node = LossyNode(lost=NEVER)
    greetings = Greetings(node)
    tickets = [greetings.ticket(ADDRESS, clients=2) for _ in range(3)]
    assert not any(greetings.is_answered(ticket) for ticket in tickets)
    assert len(node.paths) == 1
    deliver(node)
    assert all(greetings.is_answered(ticket) for ticket in tickets)
    assert len(node.paths) == len(node.destroyed) == 1


def test_a_client_that_was_made_later_is_greeted_for_later() -> None:
    node = LossyNode(lost=NEVER)
    greetings = Greetings(node)
    early = greetings.ticket(ADDRESS, clients=1)
    greetings.is_answered(early)
    late = greetings.ticket(ADDRESS, clients=2)
    assert not greetings.is_answered(late)
    assert len(node.paths) == 1, "one at a time"
    deliver(node)
    assert not greetings.is_answered(late), "that answer speaks for the first client alone"
    assert greetings.is_answered(early)
    assert not greetings.is_answered(late)
    assert len(node.paths) == 2
    deliver(node)
    assert greetings.is_answered(late)


def test_each_call_waits_for_an_answer_of_its_own_time() -> None:
    node = LossyNode(lost=0)
    greetings = Greetings(node)
    for number in range(3):
        ticket = greetings.ticket(ADDRESS, clients=1)
        assert not greetings.is_answered(ticket), "it may be another process by now"
        assert greetings.is_answered(ticket)
        assert len(node.paths) == number + 1


def test_each_node_has_its_own() -> None:
    node = LossyNode(lost=NEVER)
    greetings = Greetings(node)
    for address in ("/robot1/recognition", "/robot1/camera"):
        greetings.is_answered(greetings.ticket(address, clients=1))
    assert [path.rpartition("/")[0] for path in node.paths] == ["/robot1/recognition", "/robot1/camera"]


@pytest.fixture
def deaf() -> Iterator[Listener]:
    listener = Listener(parameter_services=True)
    yield listener
    listener.close()


def test_calls_that_gave_up_on_a_node_that_loads_leave_nothing_for_it_to_wait_for(
    deaf: Listener, recwarn: pytest.WarningsRecorder
) -> None:
    services = (Undo, ListParameters, GetParameters)
    with RosClient() as link, ThreadPoolExecutor(len(services)) as threads:
        wait_for(lambda: link.is_there(ADDRESS), "the node")
        for _ in range(3):
            calls = [threads.submit(give_up, link, service) for service in services]
            assert all(call.result() for call in calls)
        deaf.wake()
        assert link.call(ADDRESS, Undo, Undo.Request(), 20.0) is not None
        # What it was sent before is answered before this.
        assert link.call(ADDRESS, ListParameters, ListParameters.Request(), 20.0) is not None
    assert deaf.asked == 1
    assert [str(told.message) for told in recwarn if "client will not receive" in str(told.message)] == []


def give_up(link: RosClient, service: Any) -> bool:
    """Call for half a second; whether the node gave no answer."""
    try:
        link.call(ADDRESS, service, service.Request(), 0.5)
    except ClientError:
        return True
    return False
