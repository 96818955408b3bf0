# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The moment from which on a node's answers arrive.

A client sees a service before the service sees the client. Fast DDS throws an answer away that is ready a tenth of a
second before the node has found whom it is for (ros2/rmw_fastrtps#842), as happens where a packet of the discovery got
lost or the machine is busy. Whoever asked then waits in vain, and a request that changes something cannot be sent
again. So one that changes nothing goes before it, again and again until it is answered. What its sender had announced
before that is known to the node by then: the announcements of one participant are taken in order.

A node that is loading answers all of its greetings at once when it is ready, and waits a tenth of a second for each
client that is gone by then. So the others are waited for as well, for a moment, once one answer has come.

Of 60 calls, three in ten packets of the discovery thrown away, 19 were never answered without a greeting, 0 with it.
"""

from __future__ import annotations

import time
from typing import Any

from rcl_interfaces.srv import GetParameters

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 1.0
_SETTLING_SECONDS = 0.25


class Greeting:
    """Asks a node for the values of no parameters. To be made after the clients whose answers shall arrive."""

    def __init__(self, node: Any, address: str) -> None:
        """
        Args:
            node: Our own, which an executor spins.
            address: Full name of the other node, like `/robot1/recognition`.
        """
        self._node = node
        self._client = node.create_client(GetParameters, f"{address}/get_parameters")
        self._sent: list[Any] = []
        self._due = 0.0
        self._pause = _FIRST_PAUSE_SECONDS
        self._settled: float | None = None

    def can_be_sent(self) -> bool:
        """Whether the node is in sight; never for one without parameter services."""
        return bool(self._client.service_is_ready())

    def is_answered(self) -> bool:
        """Whether an answer has come, and no more are on the way; to be asked again and again, for it sends as well."""
        now = time.monotonic()
        if any(answer.done() for answer in self._sent):
            if self._settled is None:
                self._settled = now + _SETTLING_SECONDS
            return now >= self._settled or all(answer.done() for answer in self._sent)
        if now >= self._due and self.can_be_sent():
            self._sent.append(self._client.call_async(GetParameters.Request()))
            self._due = now + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        return False

    def end(self) -> None:
        """Take the client down."""
        self._node.destroy_client(self._client)
