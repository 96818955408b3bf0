"""Requests to a node whose answers do not arrive yet, or never, or that cannot be greeted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy")

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future

from vfrt_msgs.srv import Undo
from vfrt_ros.cli import greeting as module
from vfrt_ros.cli.command import CommandError
from vfrt_ros.cli.greeting import Greeting
from vfrt_ros.cli.node_client import NodeClient
from vfrt_ros.panel.ros_link import RosLink

ADDRESS = "/listener"


class LossyClient:
    """A client in a middleware that throws the first answers away."""

    def __init__(self, lost: int) -> None:
        self.ready = True
        self.sent = 0
        self._lost = lost

    def service_is_ready(self) -> bool:
        return self.ready

    def call_async(self, request: Any) -> Future:
        self.sent += 1
        answer = Future()
        if self.sent > self._lost:
            answer.set_result(object())
        return answer


class LossyNode:
    """Our own node, as far as a greeting needs one."""

    def __init__(self, lost: int) -> None:
        self.client = LossyClient(lost)
        self.paths: list[str] = []
        self.destroyed: list[Any] = []

    def create_client(self, service: type, path: str) -> LossyClient:
        self.paths.append(path)
        return self.client

    def destroy_client(self, client: Any) -> None:
        self.destroyed.append(client)


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


class Listener:
    """A node in a context of its own that is not spun before `wake`; it counts what it was asked."""

    def __init__(self, *, parameter_services: bool) -> None:
        self.asked = 0
        self._context = Context()
        rclpy.init(args=[], context=self._context)
        self._node = rclpy.create_node(
            ADDRESS[1:], context=self._context, start_parameter_services=parameter_services
        )
        self._node.create_service(Undo, "undo", self._undo)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)

    def wake(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._executor.shutdown(2.0)
        if self._thread.is_alive():
            self._thread.join(5.0)
        self._node.destroy_node()
        self._context.try_shutdown()

    def _undo(self, request: Any, response: Any) -> Any:
        self.asked += 1
        return response


def by_client(seconds: float) -> Any:
    with NodeClient(ADDRESS) as client:
        return client.call(Undo, Undo.Request(), seconds=seconds)


def by_link(seconds: float) -> Any:
    with RosLink() as link:
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
        CommandError, match="/listener gave no answer within 1 s to a first call, so nothing was"
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
