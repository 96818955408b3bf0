# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Changes while a fit is on its way."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.statistics import Statistics
from vfrt_ros.core.types.example import Change

from .memories import World, examples, rule

DEADLINE = 20.0


def test_a_change_does_not_wait_for_a_fit_that_reads_and_is_not_missed_by_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(constants, "FIT_AT_ONCE", 10)
    monkeypatch.setattr(constants, "FIT_SAMPLE", 30)
    world = World.of(6, seed=6)
    first, second, frame = (
        examples("one", world.look(5, 8), 9000),
        examples("two", world.look(4, 8), 9100),
        world.look(5)[0],
    )
    made, other = (rule(World(world.things[:4], np.random.default_rng(1)), 10) for _ in range(2))
    in_time: list[bool] = []
    reads, go_on, really = threading.Event(), threading.Event(), Statistics.scatter_matrix

    def slow(self: Statistics) -> np.ndarray | None:
        reads.set()
        in_time.append(go_on.wait(DEADLINE))
        return really(self)

    with monkeypatch.context() as patch:
        patch.setattr(Statistics, "scatter_matrix", slow)
        made.apply(Change(added=first))
        made.evidence(frame)
        assert reads.wait(DEADLINE)
        made.apply(Change(added=second))
        assert "two" in made.evidence(frame).labels
        go_on.set()
        made.settle()
    assert all(in_time), "the change waited for the fit"
    other.apply(Change(added=first + second))
    other.settle()
    assert made.state_hash() == other.state_hash()
    found, wanted = made.evidence(frame), other.evidence(frame)
    assert found.fused.tobytes() == wanted.fused.tobytes()
    assert found.familiarity.tobytes() == wanted.familiarity.tobytes()
