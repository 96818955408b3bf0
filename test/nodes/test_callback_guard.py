# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What a callback raises is told once, counted and answered, and the executor goes on: in any executor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("rclpy")

from builtin_interfaces.msg import Time
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String
from std_srvs.srv import Trigger

from vfrt_msgs.srv import Undo
from vfrt_ros.nodes.callback_guard import FAULT, CallbackGuard
from vfrt_ros.nodes.qos_mismatch import subscription_events

pytestmark = pytest.mark.ros


class Guarded(CallbackGuard, LifecycleNode):
    """A node whose callbacks all raise."""


@pytest.fixture
def node(ros: Ros) -> Guarded:
    made: Guarded = ros.add(Guarded("guarded"))
    return made


@pytest.fixture
def tester(ros: Ros) -> Any:
    return ros.node()


def broken(*_: object) -> None:
    raise ZeroDivisionError("a bug")


async def broken_later(*_: object) -> None:
    raise ZeroDivisionError("a bug")


def counted(node: Guarded, times: int = 1) -> None:
    wait_for(lambda: node.faults.bugs().get("ZeroDivisionError", 0) >= times, f"{times} faults")


def call(tester: Any, service: Any, path: str) -> Any:
    client = tester.create_client(service, path)
    wait_for(client.service_is_ready, path)
    future = client.call_async(service.Request())
    wait_for(future.done, f"an answer of {path}")
    return future.result()


@pytest.mark.parametrize("callback", [broken, broken_later], ids=["function", "coroutine"])
def test_a_subscription_goes_on(node, tester, capfd, callback: Callable[..., Any]) -> None:
    node.create_subscription(String, "words", callback, 10)
    publisher = tester.create_publisher(String, "words", 10)
    wait_for(publisher.get_subscription_count, "the subscription")
    for number in range(3):
        publisher.publish(String())
        counted(node, number + 1)
    logged = capfd.readouterr().err
    assert logged.count("A fault in the topic /words; the node goes on.") == 1
    assert logged.count("ZeroDivisionError: a bug") == 1


def test_a_timer_goes_on_and_each_place_is_told_of(node, capfd) -> None:
    timers = [node.create_timer(0.01, broken), node.create_timer(0.01, broken_later)]
    counted(node, 6)
    for timer in timers:
        node.destroy_timer(timer)
    assert capfd.readouterr().err.count("ZeroDivisionError: a bug") == 2


def test_a_guard_condition_goes_on(node) -> None:
    condition = node.create_guard_condition(broken)
    for number in range(2):
        condition.trigger()
        counted(node, number + 1)
    assert node.faults.bugs() == {"ZeroDivisionError": 2}


def test_an_event_of_qos_goes_on(node, tester, monkeypatch) -> None:
    events = subscription_events(node, "words")
    events.incompatible_qos = broken
    reliable = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
    best_effort = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    node.create_subscription(String, "words", broken, reliable, event_callbacks=events)
    tester.create_publisher(String, "words", best_effort)
    counted(node)
    assert node.faults.bugs() == {"ZeroDivisionError": 1}


@pytest.mark.parametrize("callback", [broken, broken_later], ids=["function", "coroutine"])
def test_who_called_a_service_is_refused(node, tester, callback) -> None:
    node.create_service(Trigger, "trigger", callback)
    node.create_service(Undo, "undo", callback)
    assert not call(tester, Trigger, "trigger").success
    refused = call(tester, Undo, "undo")
    assert (refused.code, refused.message) == (refused.INTERNAL_ERROR, FAULT)
    counted(node, 2)


ANSWERS = {
    "a text that is no UTF-8": lambda request, response: Trigger.Response(success=True, message="\ud800"),
    "nothing": lambda request, response: None,
    "another type": lambda request, response: Undo.Response(),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_who_cannot_be_answered_is_refused(node, tester, answer) -> None:
    node.create_service(Trigger, "trigger", answer)
    for _ in range(2):
        assert not call(tester, Trigger, "trigger").success
    wait_for(lambda: sum(node.faults.bugs().values()) == 2, "two faults")


def test_a_time_before_zero_is_ignored_and_counted_and_no_fault(node, tester, capfd) -> None:
    from rclpy.parameter import Parameter

    node.set_parameters([Parameter("use_sim_time", value=True)])
    clock = tester.create_publisher(Clock, "/clock", 10)
    wait_for(clock.get_subscription_count, "a listener")

    def shows(seconds: int) -> bool:
        clock.publish(Clock(clock=Time(sec=seconds, nanosec=2**32 - 1)))
        return bool(node.get_clock().now().nanoseconds // 10**9 == seconds + 4)

    wait_for(lambda: shows(5), "a time")
    wait_for(lambda: shows(-1) or node.faults.refused(), "a refusal")
    wait_for(lambda: shows(2**31 - 1), "the latest time there is")
    assert set(node.faults.refused()) == {"the topic /clock"}
    assert node.faults.bugs() == {}
    assert capfd.readouterr().err.count("Ignored at the topic /clock: a time of -1 s") == 1
