# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Whether a lifecycle node is there and in which state; starting and stopping it.

The link's thread asks for the state once a second and writes `state`; a change of state is carried out in a
thread of its own, which writes `doing` and `fault`. Browser sessions read all three.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from enum import Enum
from typing import Any

from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState

from vfrt_ros.client.errors import ClientError
from vfrt_ros.client.ros_client import RosClient
from vfrt_ros.core.types.errors import VfrtError

ASK_SECONDS = 1.0
SILENCE_SECONDS = 5.0
CHANGE_SECONDS = 600.0
"""A first configuration may fetch weights."""


class NodeState(Enum):
    """The states of a node that can be told apart; the values are for people."""

    ABSENT = "not running"
    SILENT = "gives no answer"
    UNCONFIGURED = "not configured"
    INACTIVE = "stopped"
    ACTIVE = "running"
    FINALIZED = "shut down"


_STATES = {
    State.PRIMARY_STATE_UNCONFIGURED: NodeState.UNCONFIGURED,
    State.PRIMARY_STATE_INACTIVE: NodeState.INACTIVE,
    State.PRIMARY_STATE_ACTIVE: NodeState.ACTIVE,
    State.PRIMARY_STATE_FINALIZED: NodeState.FINALIZED,
}


class TransitionError(VfrtError):
    """A lifecycle node cannot be brought into the state that is wanted."""


class NodeWatch:
    """Looks after one lifecycle node."""

    def __init__(
        self,
        link: RosClient,
        address: str,
        came: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            address: Full name of the node.
            came: Called in the link's thread when the node answers for the first time, or again.
        """
        self.address = address
        self.state = NodeState.ABSENT
        self.doing = ""
        self.fault = ""
        self._link = link
        self._came = came
        self._clock = clock
        self._answer: Future[Any] | None = None
        self._asked = 0.0
        self._heard = clock()

    def start(self) -> None:
        """Begin to ask."""
        self._link.every(ASK_SECONDS, self.look)
        self._link.do(self.look)

    @property
    def answers(self) -> bool:
        """Whether the node can be spoken to."""
        return self.state not in (NodeState.ABSENT, NodeState.SILENT)

    def sign_of_life(self) -> None:
        """Something else came from the node, so that it is there though it has no time to answer."""
        self._heard = self._clock()

    def look(self) -> None:
        """Take the last answer in and ask again; in the link's thread."""
        now = self._clock()
        if not self._link.is_there(self.address):
            self._forget_answer()
            self._heard = now
            self.state = NodeState.ABSENT
            return
        if now - self._heard > SILENCE_SECONDS and not self.doing:
            self.state = NodeState.SILENT
        if self._answer is not None and now - self._asked > SILENCE_SECONDS:
            self._forget_answer()  # it may have gone to a process that is no more
        if self._answer is None:
            self._ask(now)

    def turn(self, on: bool) -> None:
        """Begin to activate or deactivate the node; `doing` is empty again when that is done."""
        if not self.doing:
            self.doing = "starting …" if on else "stopping …"
            self.fault = ""
            threading.Thread(target=self._turn, args=(on,), name="lifecycle", daemon=True).start()

    def _turn(self, on: bool) -> None:
        try:
            while (transition := _next_transition(self._ask_state(), on)) is not None:
                self._change(transition)
        except (ClientError, TransitionError) as error:
            self.fault = str(error)
        finally:
            self._heard = self._clock()
            self.doing = ""

    def _ask_state(self) -> int:
        response = self._link.call(self.address, GetState, GetState.Request())
        self.state = _STATES.get(response.current_state.id, self.state)
        return int(response.current_state.id)

    def _change(self, transition: int) -> None:
        request = ChangeState.Request(transition=Transition(id=transition))
        if not self._link.call(self.address, ChangeState, request, CHANGE_SECONDS).success:
            raise TransitionError(f"{self.address} could not change its state: its log says why.")

    def _ask(self, now: float) -> None:
        self._asked = now
        try:
            self._answer = self._link.ask(self.address, GetState, GetState.Request())
        except ClientError:
            return  # discovered, but its services not yet
        self._answer.add_done_callback(self._take)

    def _take(self, answer: Future[Any]) -> None:
        if self._answer is not answer or answer.cancelled() or answer.exception() is not None:
            return
        self._answer = None
        self._heard = self._clock()
        came = not self.answers
        self.state = _STATES.get(answer.result().current_state.id, self.state)
        if came and self.answers:
            self._came()

    def _forget_answer(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.cancel()


def _next_transition(state: int, on: bool) -> int | None:
    """The transition that leads from a state to active, or from active to inactive; None = it is there.

    Raises:
        TransitionError: nothing leads there.
    """
    steps = {
        (State.PRIMARY_STATE_UNCONFIGURED, True): Transition.TRANSITION_CONFIGURE,
        (State.PRIMARY_STATE_INACTIVE, True): Transition.TRANSITION_ACTIVATE,
        (State.PRIMARY_STATE_ACTIVE, True): None,
        (State.PRIMARY_STATE_UNCONFIGURED, False): None,
        (State.PRIMARY_STATE_INACTIVE, False): None,
        (State.PRIMARY_STATE_ACTIVE, False): Transition.TRANSITION_DEACTIVATE,
    }
    if (state, on) not in steps:
        raise TransitionError("The node was shut down or is in a transition: try again, or start it anew.")
    return steps[state, on]
