# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A ROS context of its own for each test, on a domain that no parallel run uses."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pytest
from fixtures.waiting import wait_for

from tools.private_domain import private_domain
from vfrt_ros.client.greetings import Greeting

rclpy = pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")


class Ros:
    """A context with an executor that spins in a thread; nodes are added while it runs."""

    def __init__(self) -> None:
        from rclpy.executors import SingleThreadedExecutor

        self._executor = SingleThreadedExecutor()
        self._nodes: list = []
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        from rclpy.executors import ExternalShutdownException

        with contextlib.suppress(ExternalShutdownException):
            self._executor.spin()

    def node(self, name: str = "tester"):
        """A plain node that is being spun."""
        return self.add(rclpy.create_node(name))

    def add(self, node):
        """Spin this node too; it is destroyed at the end."""
        self._nodes.append(node)
        self._executor.add_node(node)
        return node

    def remove(self, node) -> None:
        """Take one node down, in the thread that spins it."""
        self._nodes.remove(node)

        def take_down() -> None:
            self._executor.remove_node(node)
            node.end()
            node.destroy_node()

        done = self._executor.create_task(take_down)
        wait_for(done.done, "the end of a node")

    def call(self, node, address: str, service: type, path: str, /, timeout: float = 40.0, **fields):
        """The response of a service, which the node of this full name offers in another process."""
        client = node.create_client(service, path)
        assert client.wait_for_service(timeout), f"no service {path}"
        greeting = Greeting(node, address)
        wait_for(greeting.is_answered, f"an answer of {address} to anything", timeout)
        future = client.call_async(service.Request(**fields))
        wait_for(future.done, f"an answer of {path}", timeout)
        return future.result()

    def close(self) -> None:
        """Take the nodes down."""
        for node in self._nodes:
            if hasattr(node, "end"):
                node.end()
        self._executor.shutdown(2.0)
        self._thread.join(5.0)
        for node in self._nodes:
            node.destroy_node()


@contextlib.contextmanager
def spinning() -> Iterator[Ros]:
    """The default context with its executor; whatever fails meanwhile, the next one can be made."""
    rclpy.init()
    try:
        with contextlib.closing(Ros()) as ros:
            yield ros
    finally:
        rclpy.try_shutdown()


@pytest.fixture
def domain() -> int:
    """The domain of a test's context."""
    return private_domain()


@pytest.fixture
def ros(monkeypatch: pytest.MonkeyPatch, tmp_path, domain: int) -> Iterator[Ros]:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain))
    monkeypatch.setenv("ROS_HOME", str(tmp_path / "ros_home"))
    with spinning() as ros:
        yield ros
