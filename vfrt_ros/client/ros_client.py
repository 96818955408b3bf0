# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The one ROS client of commands, panel and tools: it asks services of nodes and sees what they publish and hear.

Services and topics are found in the graph by their type, so a remapped one is found too.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from vfrt_msgs.msg import MemoryInfo
from vfrt_ros.client.domain import domain_id
from vfrt_ros.client.errors import AbsentError, NoAnswerError, SharedNameError
from vfrt_ros.client.graph import GraphView, is_told_by_server, type_name, usual_service_name
from vfrt_ros.client.greetings import Greetings
from vfrt_ros.client.patience import CALL_SECONDS
from vfrt_ros.client.ros_thread import LOOK_AGAIN_SECONDS, RosThread
from vfrt_ros.nodes.liveliness import Liveliness
from vfrt_ros.nodes.same_service import others_offering, refuse_shared

_MATCH_SECONDS = 3.0


class RosClient(RosThread):
    """A node in a thread of its own that knows the graph; arguments as for `RosThread`.

    Attributes:
        graph: What there is; asked in the executor's thread.
    """

    def prepare(self) -> None:
        """See `RosThread.prepare`."""
        self.graph = GraphView(self.node)
        self._clients: dict[str, Any] = {}
        self._liveliness: dict[str, Liveliness] = {}
        self._greetings = Greetings(self.node)

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

    def is_ready(self, address: str, service: Any) -> bool:
        """Whether requests reach a node's service of this type.

        Raises:
            AbsentError: The node is not there, or has no such service.
        """
        return self.do(lambda: bool(self._client(address, service).service_is_ready()))

    def listens_to(self, address: str, message: Any) -> str | None:
        """The name of the topic of this type that a node subscribes to; None = none, or no such node."""
        return self.do(lambda: self.graph.heard(address, type_name(message)))

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
                return answer.result(min(LOOK_AGAIN_SECONDS, max(0.0, deadline - time.monotonic())))
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
