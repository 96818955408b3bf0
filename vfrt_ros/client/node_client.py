# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A client of one running node, for a short while: its services, its parameters, its topics.

Every wait has a deadline, and what is heard is handled in the thread that waits. One thread uses a client; `stop`
alone may be called from another.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from rcl_interfaces.srv import GetParameters

from vfrt_ros.bringup import live_command
from vfrt_ros.client.camera_topics import camera_of, topics_of
from vfrt_ros.client.domain import domain_id
from vfrt_ros.client.errors import AbsentError, NoAnswerError, SharedNameError
from vfrt_ros.client.graph import is_told_by_server, type_name, usual_service_name
from vfrt_ros.client.inbox import Inbox
from vfrt_ros.client.patience import CALL_SECONDS, DISCOVERY_SECONDS
from vfrt_ros.client.ros_client import RosClient
from vfrt_ros.nodes import names
from vfrt_ros.nodes.same_service import others_offering, others_publishing, refuse_shared

_LOOK_AGAIN_SECONDS = 0.05
_SETTLE_SECONDS = 0.4
# Under load a newcomer misses the answer to its announcement and hears of the others only at their next one,
# up to three seconds later. Another newcomer has another chance at once.
_ATTEMPTS = 3
_USUAL_TOPICS = {
    "vfrt_msgs/msg/Recognition": names.RECOGNITION,
    "vfrt_msgs/msg/RecognisedObjects": names.OBJECTS,
    "vfrt_msgs/msg/MemoryInfo": names.MEMORY_INFO,
    "sensor_msgs/msg/Image": names.OVERLAY,
    "sensor_msgs/msg/CompressedImage": f"{names.OVERLAY}/{names.COMPRESSED}",
}
_LIFECYCLE_SERVICE = "lifecycle_msgs/srv/GetState"

Found = TypeVar("Found")


class NodeClient:
    """Speaks to the node of this full name; a context manager, so that nothing is left behind."""

    def __init__(self, address: str, *, patience: float = DISCOVERY_SECONDS) -> None:
        """
        Args:
            address: Full name of the node, like `/robot1/recognition`.
            patience: How long to look for the node and its services, in seconds.
        """
        self.patience = patience
        self._stopped = threading.Event()
        self._seen: set[str] = set()
        self.turn_to(address)

    def turn_to(self, address: str) -> None:
        """Speak to another node from now on."""
        self.address = address

    def __enter__(self) -> NodeClient:
        self._join()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _join(self) -> None:
        self._ros, self._inbox = RosClient(), Inbox()
        self._ros.__enter__()
        self._settled = time.monotonic() + _SETTLE_SECONDS

    def _leave(self) -> None:
        self._ros.__exit__()

    def call(self, service: Any, request: Any, *, seconds: float = CALL_SECONDS) -> Any:
        """Call the node's service of this type.

        Raises:
            AbsentError: the node is not there, or has no such service.
            SharedNameError: another node offers the service too.
            NoAnswerError: no answer came in time.
        """
        name = self._find_service(service)
        deadline = time.monotonic() + seconds
        if not self._ros.greet(self.address, deadline, self.patience, self._stopped):
            raise NoAnswerError(
                f"{self.address} gave no answer within {seconds:g} s to a first call, so nothing was done."
            )
        self._settle()
        if others := self.look(lambda node: others_offering(node, name, self.address)):
            raise SharedNameError(refuse_shared(name, self.address, others))
        answer = self._ros.ask(self.address, service, request)
        answer.add_done_callback(lambda _: self._inbox.wake())
        if not self.spin(answer.done, deadline - time.monotonic()):
            self._ros.do(answer.cancel)
            raise NoAnswerError(f"{self.address} gave no answer on {name} within {seconds:g} s.")
        return answer.result()

    def _find_service(self, service: Any) -> str:
        """The name of the node's service of this type, once requests reach it.

        Raises:
            AbsentError: the node is not there, or has no such service.
        """
        kind = type_name(service)
        name = self._wait_for(
            lambda: self._ros.graph.service(self.address, kind),
            lambda: self.look(
                lambda node: node.create_client(service, usual_service_name(self.address, service))
            ),
        )
        if name is None:
            raise AbsentError(self.why_missing(kind))
        if not self.spin(lambda: self._ros.is_ready(self.address, service), self.patience):
            raise AbsentError(f"{self.address} is there, but its service {name} is out of reach.")
        return name

    def subscribe(
        self, message: Any, callback: Callable[[Any], None], qos: Any = 10, *, camera: str = ""
    ) -> str:
        """Hear what the node publishes of this type, while `spin` runs.

        Args:
            camera: Of several, this one's topic alone; empty = every topic of the type.

        Returns:
            The names of the topics.

        Raises:
            AbsentError: the node is not there, or publishes nothing of this type.
            RequestError: It has no such camera.
            SharedNameError: another node publishes on a topic too.
        """
        topics = topics_of(
            camera, self.topics(message, qos), _USUAL_TOPICS.get(type_name(message), ""), self._namespace
        )
        for topic in topics:
            if others := self._ros.do(partial(self._others_publishing, topic)):
                raise SharedNameError(refuse_shared(topic, self.address, others))
        for topic in topics:
            self.hear(message, topic, callback, qos)
        return ", ".join(topics)

    def hear(self, message: Any, topic: str, callback: Callable[[Any], None], qos: Any = 10) -> Any:
        """Hear a topic, whoever publishes it, while `spin` runs, until `end_hearing` gets what this returns."""
        return self._ros.subscribe(message, topic, self._inbox.slot(callback, qos), qos)

    def end_hearing(self, subscription: Any) -> None:
        """Hear a topic no more."""
        self._ros.unsubscribe(subscription)

    def look(self, work: Callable[[Any], Found]) -> Found:
        """Look into the graph with our node, and return what `work` finds."""
        return self._ros.look(work)

    def topics(self, message: Any, qos: Any = 10) -> list[str]:
        """All topics of this type that the node publishes, sorted: one for each of its cameras.

        Raises:
            AbsentError: the node is not there, or publishes nothing of this type.
        """
        kind = type_name(message)
        found = self._wait_for(
            lambda: self._ros.graph.all_published(self.address, kind) or None,
            lambda: self._hear_usual(message, qos),
        )
        if found is None:
            raise AbsentError(self.why_missing(kind))
        self._settle()
        usual = _USUAL_TOPICS.get(kind, "")
        if any(camera_of(topic, usual, self._namespace) for topic in found):
            # They are heard of one after another, also while the node is still being made.
            count = len(self.cameras())
            self.spin(lambda: len(self._ros.topics_of(self.address, message)) >= count, self.patience)
        return sorted(self._ros.topics_of(self.address, message) or found)

    def cameras(self) -> list[str]:
        """The names of the node's cameras, in its order; none = one camera without a name.

        Raises:
            AbsentError, NoAnswerError: As for `call`.
        """
        seconds = max(self.patience, CALL_SECONDS)
        values = self.call(GetParameters, GetParameters.Request(names=["cameras"]), seconds=seconds).values
        return [name for value in values for name in value.string_array_value if name]

    @property
    def _namespace(self) -> str:
        return self.address.rpartition("/")[0]

    def _settle(self) -> None:
        """Wait until the others that answer our announcement are known too."""
        self.spin(lambda: time.monotonic() >= self._settled)

    def spin(self, until: Callable[[], bool], seconds: float | None = None) -> bool:
        """Handle what arrives until a condition holds, `stop` was called or the time is over.

        Returns:
            Whether the condition holds.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while not until():
            if self._stopped.is_set() or (deadline is not None and time.monotonic() >= deadline):
                return False
            self._inbox.handle_one(_LOOK_AGAIN_SECONDS)
        return True

    def stop(self) -> None:
        """End a `spin` or a wait that runs in another thread."""
        self._stopped.set()

    def is_there(self) -> bool:
        """Whether the node is in the graph."""
        return self.address in self.node_names()

    def wait_for_nodes(self, addresses: list[str]) -> set[str]:
        """Those of the nodes that are there, as soon as all are, or when the patience is over."""
        self._wait_for(lambda: True if set(addresses) <= self._seen else None)
        return set(addresses) & self._seen

    def node_names(self) -> list[str]:
        """The full names of all nodes in the graph, sorted."""
        return sorted(self._ros.do(self._ros.graph.nodes))

    def how_many(self) -> int:
        """How many nodes of this name are in the graph; more than one get in each other's way."""
        return self._ros.do(lambda: self._ros.graph.count(self.address))

    def why_missing(self, kind: str) -> str:
        """One line that says why nothing of this type was found, and what to do."""
        if self.address in self._seen:
            hint = (
                " It may still be starting, or be inactive (`vfrt doctor` tells)."
                if self._is_lifecycle()
                else ""
            )
            return f"{self.address} is running, but has no {kind}.{hint}"
        ending = "/" + self.address.rpartition("/")[2]
        others = sorted(name for name in self._seen if name.endswith(ending))
        if others:
            return f"There is no node {self.address}, but {', '.join(others)}: try --node {others[0]}."
        return (
            f"There is no node {self.address} in ROS_DOMAIN_ID {domain_id()}. "
            f"Start it with `{live_command(self.address)}`, or use the ROS_DOMAIN_ID of the shell that runs it."
        )

    def _is_lifecycle(self) -> bool:
        return self._ros.do(lambda: self._ros.graph.service(self.address, _LIFECYCLE_SERVICE)) is not None

    def _others_publishing(self, topic: str) -> list[str]:
        return others_publishing(self._ros.node, topic, self.address)

    def _hear_usual(self, message: Any, qos: Any) -> None:
        """Begin to hear a topic of this type under the name that it has where nothing was remapped."""
        name = _USUAL_TOPICS.get(type_name(message))
        for camera in self.cameras() or [""] if name else ():
            topic = f"{self._namespace}/{names.of_camera(camera, str(name))}"
            self._ros.subscribe(message, topic, lambda _: None, qos)

    def _wait_for(
        self, look: Callable[[], Found | None], match: Callable[[], object] = lambda: None
    ) -> Found | None:
        """The first thing that `look` finds within the patience; None = nothing.

        Args:
            look: Looks into the graph, in the executor's thread.
            match: Makes an endpoint that the node's own one matches. A discovery server tells of those alone, so it is
                called once under such a server, when the node is there and `look` has found nothing.
        """
        found: list[Found | None] = [None]
        by_server = is_told_by_server()
        unmatched = by_server

        def has_found() -> bool:
            nonlocal unmatched
            self._seen.update(self.node_names())
            found[0] = self._ros.do(look)
            if found[0] is None and unmatched and self.is_there():
                match()
                unmatched = False
            return found[0] is not None

        attempts = 1 if by_server else _ATTEMPTS
        for attempt in range(attempts):
            if self.spin(has_found, self.patience / attempts) or self._stopped.is_set():
                break
            if attempt + 1 < attempts and not self.is_there():
                self._leave()
                self._join()
        return found[0]
