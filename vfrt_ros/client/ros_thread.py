# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A node of our own in the graph with a thread of its own.

The executor's thread alone touches ROS; what a callback raises is logged there and ends nothing. Any other thread
hands it work with `do` and waits for the outcome.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from typing import Any, Self, TypeVar

import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from vfrt_ros.client.domain import domain_id
from vfrt_ros.client.errors import ClientError, GraphError
from vfrt_ros.nodes.callback_guard import CallbackGuard


def join_graph(name: str, kind: type[Node] = Node) -> tuple[Context, Node]:
    """A node with a context of its own; the process's number makes its name unique.

    Args:
        name: What it is, like `vfrt_panel`.
        kind: Class of the node.

    Raises:
        GraphError: ROS 2 does not start, or ROS_DOMAIN_ID is not a domain.
    """
    domain_id()
    context = Context()
    try:
        with _network_only():
            rclpy.init(args=[], context=context, signal_handler_options=SignalHandlerOptions.NO)
            node = kind(
                f"{name}_{os.getpid()}",
                context=context,
                use_global_arguments=False,
                enable_rosout=False,
                start_parameter_services=False,
            )
    except (RuntimeError, ValueError) as error:
        raise GraphError(f"ROS 2 does not start: {' '.join(str(error).split())}") from error
    return context, node


@contextmanager
def _network_only() -> Iterator[None]:
    """Keep Fast DDS from using shared memory in a participant that is created meanwhile.

    A port in shared memory that an earlier process has left is taken for alive for a while; the answer to a
    newcomer on the same port gets lost, and the next one comes seconds later.
    """
    variable = "FASTDDS_BUILTIN_TRANSPORTS"
    own = variable in os.environ
    os.environ.setdefault(variable, "UDPv4")
    try:
        yield
    finally:
        if not own:
            del os.environ[variable]


LOOK_AGAIN_SECONDS = 0.25
_DO_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.002
_LONGEST_PAUSE_SECONDS = 0.05

Found = TypeVar("Found")


class RosThread:
    """A node with an executor thread of its own; a context manager.

    Args:
        name: Of the node; the process's number makes it unique.
        owner: Whose connection to ROS 2 it is, for the message where it does not answer.

    Attributes:
        node: Ours, for the executor's thread.
    """

    def __init__(self, name: str = "vfrt_command", owner: str = "This command") -> None:
        self._name, self._owner = name, owner

    def __enter__(self) -> Self:
        self._context, self.node = join_graph(self._name, CallbackGuard)
        self.prepare()
        self._gate = threading.Lock()
        self._ended = False
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin, name=f"{self._name}'s ROS", daemon=True)
        self._thread.start()
        return self

    def prepare(self) -> None:
        """Make what a subclass has beside the node, before the thread begins."""

    def __exit__(self, *_: object) -> None:
        with self._gate:
            self._ended = True
        self._executor.shutdown(timeout_sec=1.0)
        self._thread.join(2.0)
        self.node.destroy_node()
        self._context.try_shutdown()

    def do(self, work: Callable[[], Found]) -> Found:
        """Carry `work` out in the executor's thread, and return or raise what it does.

        Raises:
            ClientError: the executor has ended, or is busy for too long.
        """
        if threading.current_thread() is self._thread:
            return work()
        outcome: Future[Found] = Future()

        def carry_out() -> None:
            try:
                outcome.set_result(work())
            except BaseException as error:
                outcome.set_exception(error)

        with self._gate:
            if not self._ended:
                self._executor.create_task(carry_out)
        deadline = time.monotonic() + _DO_SECONDS
        while not self._ended and time.monotonic() < deadline:
            with contextlib.suppress(FutureTimeoutError):
                return outcome.result(LOOK_AGAIN_SECONDS)
        raise ClientError(f"{self._owner}'s connection to ROS 2 does not answer: start it again.")

    def look(self, work: Callable[[Any], Found]) -> Found:
        """Look into the graph with our node, in the executor's thread, and return what `work` finds."""
        return self.do(lambda: work(self.node))

    def every(self, seconds: float, work: Callable[[], None]) -> None:
        """Carry this out again and again, in the executor's thread."""
        self.do(lambda: self.node.create_timer(seconds, work))

    def subscribe(self, message: Any, topic: str, callback: Callable[[Any], None], profile: Any) -> Any:
        """Hear a topic in the executor's thread, until `unsubscribe` gets what this returns."""
        return self.do(lambda: self.node.create_subscription(message, topic, callback, profile))

    def unsubscribe(self, subscription: Any) -> None:
        """End a subscription."""
        self.do(lambda: self.node.destroy_subscription(subscription))

    def advertise(self, message: Any, topic: str, profile: Any) -> Any:
        """A publisher, to be used in the executor's thread, until `withdraw` gets it."""
        return self.do(lambda: self.node.create_publisher(message, topic, profile))

    def withdraw(self, publisher: Any) -> None:
        """End a publisher."""
        self.do(lambda: self.node.destroy_publisher(publisher))

    def stamp(self) -> Any:
        """Now, as a message."""
        return self.node.get_clock().now().to_msg()

    def poll(
        self, condition: Callable[[], bool], deadline: float, stopped: threading.Event | None = None
    ) -> bool:
        """Look in the executor's thread until the condition holds or the deadline is over; whether it holds.

        Args:
            condition: Looks.
            deadline: Until when, by `time.monotonic`.
            stopped: Once it is set, nothing is waited for.
        """
        pause = _FIRST_PAUSE_SECONDS
        while not self.do(condition):
            if time.monotonic() >= deadline or (stopped is not None and stopped.is_set()):
                return False
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        return True

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException):
            self._executor.spin()
