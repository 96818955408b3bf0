# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Sums that come back bit by bit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from core.scoring.memories import World, examples

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.scoring.statistics import Statistics
from vfrt_ros.core.types.example import Change

WORLD = World.of(3)
CUPS = examples("cup", WORLD.look(0, 8))
LEAVES = examples("leaf", WORLD.look(1, 5), 100)
NOT_CUPS = examples("cup", WORLD.look(2, 2), 200, negative=True)


def relabelled(change: Change, label: str) -> Change:
    added = tuple(dataclasses.replace(example, label=label) for example in change.added)
    return Change(added=added, removed=change.added)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(Change(added=examples("pen", WORLD.look(2, 8), 300)), id="register a new label"),
        pytest.param(Change(added=examples("cup", WORLD.look(0, 3), 300)), id="register more of a label"),
        pytest.param(Change(added=examples("cup", WORLD.look(1, 3), 300, True)), id="register negatives"),
        pytest.param(Change(removed=CUPS), id="forget a label"),
        pytest.param(Change(removed=CUPS[3:5] + NOT_CUPS), id="forget some"),
        pytest.param(relabelled(Change(added=CUPS), "mug"), id="relabel"),
        pytest.param(relabelled(Change(added=LEAVES), "cup"), id="merge"),
    ],
)
def test_undo_restores_the_state_exactly(step: Change) -> None:
    rule = CalibratedRule(RecognitionSettings())
    rule.apply(Change(added=CUPS + LEAVES + NOT_CUPS))
    before = rule.state_hash()
    rule.apply(step)
    assert rule.state_hash() != before
    rule.apply(step.inverse())
    assert rule.state_hash() == before


def test_the_order_of_examples_leaves_no_trace() -> None:
    one, other = Statistics(), Statistics()
    one.add(CUPS + LEAVES)
    for example in reversed(LEAVES + CUPS):
        other.add((example,))
    assert one.fingerprint() == other.fingerprint()


def test_an_emptied_memory_is_like_a_new_one() -> None:
    emptied = Statistics()
    emptied.add(CUPS + NOT_CUPS)
    emptied.remove(NOT_CUPS + CUPS)
    assert emptied.fingerprint() == Statistics().fingerprint()
    assert (emptied.counts, emptied.size) == ({}, 0)


def test_sums_are_those_of_the_embeddings() -> None:
    made = Statistics()
    made.add(CUPS + NOT_CUPS)
    rows = np.stack([example.embedding for example in CUPS]).astype(np.float64)
    assert made.mean("cup") == pytest.approx(rows.mean(axis=0), abs=1 / constants.SCALE)
    assert np.tril(made.scatter / constants.SCALE**2) == pytest.approx(np.tril(rows.T @ rows), abs=1e-4)


def test_more_than_stays_exact_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "MOST_EXAMPLES", 4)
    with pytest.raises(OverflowError, match="at most 4 examples; got 8"):
        Statistics().add(CUPS)
