# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One greeting at a time for each node, shared by all calls that wait for its answers to arrive.

A node that is loading takes what it is asked later, all at once. If each call that gave up had left a greeting of its
own behind, whose client is gone by then, the node would wait a tenth of a second for each of them. So a greeting stays
until it is answered, and later calls wait for the same one. It speaks for the clients that were made before it alone:
a call through a newer client waits for one more, made after that client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vfrt_ros.client.greeting import Greeting


@dataclass
class _Node:
    """How far a node was greeted.

    Attributes:
        pending: The greeting that has no answer yet.
        made: Number of clients that there were when it was made.
        answers: Greetings that were answered.
        covered: Number of clients for which the last answered one speaks.
    """

    pending: Greeting | None = None
    made: int = 0
    answers: int = 0
    covered: int = 0


@dataclass(frozen=True, slots=True)
class Ticket:
    """The condition that a call waits for: an answer after so many, which speaks for so many clients."""

    address: str
    answers: int
    clients: int


class Greetings:
    """Those of one node of ours; used in its executor's thread alone."""

    def __init__(self, node: Any) -> None:
        """
        Args:
            node: Our own, which an executor spins.
        """
        self._node = node
        self._nodes: dict[str, _Node] = {}

    def ticket(self, address: str, clients: int) -> Ticket:
        """To be drawn by each call: the node of this name may be another process by now.

        Args:
            clients: How many clients there are, the one of the call among them.
        """
        return Ticket(address, self._known(address).answers, clients)

    def can_be_sent(self, ticket: Ticket) -> bool:
        """Whether the node is in sight; never for one without parameter services."""
        return self._pending(ticket).can_be_sent()

    def is_answered(self, ticket: Ticket) -> bool:
        """Whether the answers to a call arrive by now; sends what has to be sent, so that it is asked often."""
        known = self._known(ticket.address)
        if self._is_served(known, ticket):
            return True
        if self._pending(ticket).is_answered():
            self._close(known)
        return self._is_served(known, ticket)

    def _is_served(self, known: _Node, ticket: Ticket) -> bool:
        return known.answers > ticket.answers and known.covered >= ticket.clients

    def _pending(self, ticket: Ticket) -> Greeting:
        known = self._known(ticket.address)
        if known.pending is None:
            known.pending, known.made = Greeting(self._node, ticket.address), ticket.clients
        return known.pending

    def _close(self, known: _Node) -> None:
        if known.pending is not None:
            known.pending.end()
        known.pending, known.covered = None, known.made
        known.answers += 1

    def _known(self, address: str) -> _Node:
        return self._nodes.setdefault(address, _Node())
