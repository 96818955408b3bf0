# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A watched node that answers, falls silent, is killed and comes back, by a clock of the test."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace

import pytest
from lifecycle_msgs.msg import State, Transition

from vfrt_ros.panel.node_watch import SILENCE_SECONDS, NodeState, NodeWatch, TransitionError, _next_transition


class Link:
    """A link to a node that the test plays."""

    def __init__(self) -> None:
        self.there = True
        self.asked: list[Future] = []

    def is_there(self, address: str) -> bool:
        return self.there

    def ask(self, address: str, service: object, request: object) -> Future:
        self.asked.append(Future())
        return self.asked[-1]

    def answer(self, state: int = State.PRIMARY_STATE_ACTIVE) -> None:
        self.asked[-1].set_result(SimpleNamespace(current_state=SimpleNamespace(id=state)))


@pytest.fixture
def watched() -> tuple[NodeWatch, Link, list[str], list[float]]:
    link, came, time = Link(), [], [0.0]
    watch = NodeWatch(link, "/recognition", lambda: came.append("came"), clock=lambda: time[0])
    return watch, link, came, time


def test_it_is_there_once_it_answers_and_gone_when_it_left_the_graph(watched) -> None:
    watch, link, came, _ = watched
    watch.look()
    assert not watch.answers
    link.answer(State.PRIMARY_STATE_INACTIVE)
    assert (watch.state, came) == (NodeState.INACTIVE, ["came"])
    watch.look()
    link.answer()
    assert (watch.state, came) == (NodeState.ACTIVE, ["came"])
    link.there = False
    watch.look()
    assert watch.state is NodeState.ABSENT


def test_a_killed_node_that_the_graph_still_has_is_silent_until_the_next_one_answers(watched) -> None:
    watch, link, came, time = watched
    watch.look()
    link.answer()
    time[0] = 1.0
    watch.look()
    time[0] = 1.1 + SILENCE_SECONDS
    watch.look()
    assert watch.state is NodeState.SILENT
    assert link.asked[1].cancelled()
    assert len(link.asked) == 3
    link.answer()
    assert (watch.state, came) == (NodeState.ACTIVE, ["came", "came"])


def test_a_busy_node_that_publishes_is_not_taken_for_silent(watched) -> None:
    watch, link, _, time = watched
    watch.look()
    link.answer()
    for second in range(1, 20):
        time[0] = float(second)
        watch.sign_of_life()
        watch.look()
        assert watch.state is NodeState.ACTIVE


STEPS = {
    "from nothing": (State.PRIMARY_STATE_UNCONFIGURED, True, Transition.TRANSITION_CONFIGURE),
    "from stopped": (State.PRIMARY_STATE_INACTIVE, True, Transition.TRANSITION_ACTIVATE),
    "it runs": (State.PRIMARY_STATE_ACTIVE, True, None),
    "to stopped": (State.PRIMARY_STATE_ACTIVE, False, Transition.TRANSITION_DEACTIVATE),
    "it is stopped": (State.PRIMARY_STATE_INACTIVE, False, None),
}


@pytest.mark.parametrize(("state", "on", "transition"), STEPS.values(), ids=STEPS)
def test_the_way_to_a_state(state: int, on: bool, transition: int | None) -> None:
    assert _next_transition(state, on) == transition


def test_there_is_no_way_out_of_the_end() -> None:
    with pytest.raises(TransitionError, match="shut down"):
        _next_transition(State.PRIMARY_STATE_FINALIZED, True)
