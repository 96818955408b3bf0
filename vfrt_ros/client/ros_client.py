# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A node of our own in the graph with a thread of its own: the one ROS client of commands, panel and tools.

The executor's thread alone touches ROS; what a callback raises is logged there and ends nothing. Any other thread
hands it work with `do` and waits for the outcome. Services and topics are found in the graph by their type, so a
remapped one is found too.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, TypeVar

from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

from vfrt_msgs.msg import MemoryInfo
from vfrt_ros.client.domain import domain_id
from vfrt_ros.client.errors import AbsentError, ClientError, NoAnswerError, SharedNameError
from vfrt_ros.client.graph import GraphView, is_told_by_server, type_name, usual_service_name
from vfrt_ros.client.greetings import Greetings
from vfrt_ros.client.own_node import join_graph
from vfrt_ros.client.patience import CALL_SECONDS
from vfrt_ros.nodes.callback_guard import CallbackGuard
from vfrt_ros.nodes.liveliness import Liveliness
from vfrt_ros.nodes.same_service import others_offering, refuse_shared

_MATCH_SECONDS = 3.0
_DO_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 0.25
_FIRST_PAUSE_SECONDS = 0.002
_LONGEST_PAUSE_SECONDS = 0.05

Found = TypeVar("Found")


class RosClient:
    """A node with an executor thread of its own; a context manager.

    Args:
        name: Of the node; the process's number makes it unique.
        owner: Whose connection to ROS 2 it is, for the message where it does not answer.

    Attributes:
        node: Ours, for the executor's thread.
        graph: What there is; asked in the executor's thread.
    """

    def __init__(self, name: str = "vfrt_command", owner: str = "This command") -> None:
        self._name, self._owner = name, owner

    def __enter__(self) -> RosClient:
        self._context, self.node = join_graph(self._name, CallbackGuard)
        self.graph = GraphView(self.node)
        self._clients: dict[str, Any] = {}
        self._liveliness: dict[str, Liveliness] = {}
        self._greetings = Greetings(self.node)
        self._gate = threading.Lock()
        self._ended = False
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin, name=f"{self._name}'s ROS", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._gate:
            self._ended = True
        self._executor.shutdown(timeout_sec=1.0)
        self._thread.join(2.0)
        self.node.destroy_node()
        self._context.try_shutdown()

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException):
            self._executor.spin()

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
                return outcome.result(_LOOK_AGAIN_SECONDS)
        raise ClientError(f"{self._owner}'s connection to ROS 2 does not answer: start it again.")

    def look(self, work: Callable[[Any], Found]) -> Found:
        """Look into the graph with our node, in the executor's thread, and return what `work` finds."""
        return self.do(lambda: work(self.node))

    def every(self, seconds: float, work: Callable[[], None]) -> None:
        """Carry this out again and again, in the executor's thread."""
        self.do(lambda: self.node.create_timer(seconds, work))

    def is_there(self, address: str) -> bool:
        """Whether a node of this full name is in the graph."""
        return self.do(lambda: self._is_there(address))

    def like(self, address: str) -> list[str]:
        """Nodes in the graph whose last name is the same, in whatever namespace."""
        ending = "/" + address.rpartition("/")[2]
        return self.do(lambda: sorted(name for name in self.graph.nodes() if name.endswith(ending)))

    def topics_of(self, address: str, message: Any) -> list[str]:
        """The names of all topics of this type that a node publishes: one for each of its cameras."""
        return self.do(lambda: self.graph.all_published(address, type_name(message)))

    def subscribe(self, message: Any, topic: str, callback: Callable[[Any], None], profile: Any) -> Any:
        """Hear a topic in the executor's thread, until `unsubscribe` gets what this returns."""
        return self.do(lambda: self.node.create_subscription(message, topic, callback, profile))

    def unsubscribe(self, subscription: Any) -> None:
        """End a subscription."""
        self.do(lambda: self.node.destroy_subscription(subscription))

    def is_ready(self, address: str, service: Any) -> bool:
        """Whether requests reach a node's service of this type.

        Raises:
            AbsentError: The node is not there, or has no such service.
        """
        return self.do(lambda: bool(self._client(address, service).service_is_ready()))

    def listens_to(self, address: str, message: Any) -> str | None:
        """The name of the topic of this type that a node subscribes to; None = none, or no such node."""
        return self.do(lambda: self.graph.heard(address, type_name(message)))

    def advertise(self, message: Any, topic: str, profile: Any) -> Any:
        """A publisher, to be used in the executor's thread, until `withdraw` gets it."""
        return self.do(lambda: self.node.create_publisher(message, topic, profile))

    def withdraw(self, publisher: Any) -> None:
        """End a publisher."""
        self.do(lambda: self.node.destroy_publisher(publisher))

    def stamp(self) -> Any:
        """Now, as a message."""
        return self.node.get_clock().now().to_msg()

    def ask(self, address: str, service: Any, request: Any) -> Future[Any]:
        """Send a request to a node's service of this type; the future is done when the answer comes.

        Raises:
            AbsentError: the node is not there, or has no such service.
            SharedNameError: another node offers the service too.
        """
        answer: Future[Any] = Future()

        def send() -> None:
            client = self._client(address, service)
            others = others_offering(self.node, client.srv_name, address)
            if others and (others := self._living(address, others)):
                raise SharedNameError(refuse_shared(client.srv_name, address, others))
            if not client.service_is_ready():
                raise AbsentError(f"{address} is there, but its service {client.srv_name} is out of reach.")
            pending = client.call_async(request)
            pending.add_done_callback(lambda done: _pass_on(done, answer))
            answer.add_done_callback(lambda _: client.remove_pending_request(pending))

        self.do(send)
        return answer

    def call(self, address: str, service: Any, request: Any, seconds: float = CALL_SECONDS) -> Any:
        """The answer of a node's service of this type; not for the executor's thread, which would wait for itself.

        Raises:
            AbsentError, SharedNameError: as for `ask`.
            NoAnswerError: the node ended, or gave no answer in time.
        """
        deadline = time.monotonic() + seconds
        self.poll(
            lambda: self._client(address, service).service_is_ready(), time.monotonic() + _MATCH_SECONDS
        )
        if not self.greet(address, deadline):
            raise NoAnswerError(
                f"{address} gave no answer within {seconds:g} s to a first call, so nothing was done."
            )
        answer = self.ask(address, service, request)
        while True:
            try:
                return answer.result(min(_LOOK_AGAIN_SECONDS, max(0.0, deadline - time.monotonic())))
            except FutureTimeoutError:
                if not self.is_there(address):
                    raise NoAnswerError(f"{address} has ended before it answered.") from None
                if time.monotonic() >= deadline:
                    self.do(answer.cancel)
                    raise NoAnswerError(f"{address} gave no answer within {seconds:g} s.") from None

    def greet(
        self,
        address: str,
        deadline: float,
        patience: float = _MATCH_SECONDS,
        stopped: threading.Event | None = None,
    ) -> bool:
        """Wait until the node's answers arrive, at each call: it may be another process of this name by now.

        Args:
            address: Full name of the node.
            deadline: Until when to wait, by `time.monotonic`.
            patience: Seconds to wait for it to be in sight.
            stopped: Once it is set, nothing is waited for.

        Returns:
            Whether they arrive. One that cannot be greeted is believed; one that has left is found out later.
        """
        ticket = self.do(lambda: self._greetings.ticket(address, len(self._clients)))
        in_sight = min(deadline, time.monotonic() + patience)
        return not self.poll(lambda: self._greetings.can_be_sent(ticket), in_sight, stopped) or self.poll(
            lambda: self._greetings.is_answered(ticket) or not self._is_there(address), deadline, stopped
        )

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

    def _living(self, address: str, others: list[str]) -> list[str]:
        """Those of the others that may be alive; one that was killed stays in the graph for a while."""
        if (topic := self.graph.published(address, type_name(MemoryInfo))) is None:
            return others
        if topic not in self._liveliness:
            self._liveliness[topic] = Liveliness(self.node, topic, own=1)
        return self._liveliness[topic].living(others)

    def _client(self, address: str, service: Any) -> Any:
        name = self._service_name(address, service)
        if name is None and not self._is_there(address):
            raise AbsentError(f"There is no node {address} in ROS_DOMAIN_ID {domain_id()}.")
        if name is None:
            raise AbsentError(
                f"{address} has no {type_name(service)}: it may still be starting, or be older."
            )
        if name not in self._clients:
            self._clients[name] = self.node.create_client(service, name)
        return self._clients[name]

    def _service_name(self, address: str, service: Any) -> str | None:
        """By type among the node's own; where the graph has only part of the node, by the usual name."""
        own = self.graph.service(address, type_name(service))
        if own is not None or not self._is_there(address):
            return own
        usual = usual_service_name(address, service)
        return usual if is_told_by_server() or self.graph.has_service(usual) else None

    def _is_there(self, address: str) -> bool:
        return address in self.graph.nodes()


def _pass_on(done: Any, answer: Future[Any]) -> None:
    if answer.done():
        return
    if (error := done.exception()) is not None:
        answer.set_exception(error)
    else:
        answer.set_result(done.result())
