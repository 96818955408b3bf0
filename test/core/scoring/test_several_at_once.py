# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Several embeddings scored in one go: the same answers as one after the other."""

from __future__ import annotations

import numpy as np
import pytest
from core.scoring.memories import World, examples, rule, unit

from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.types.example import Change


def prompted(made: CalibratedRule, world: World) -> CalibratedRule:
    """The rule with prompts for two of its things and for one that has no example."""
    made.set_prototypes(("thing 0", "thing 1", "word"), unit(world.random.normal(size=(3, 48))))
    return made


def with_negatives(made: CalibratedRule, world: World) -> CalibratedRule:
    """The rule with what one of its things, and one that nobody showed, is not."""
    made.apply(Change(added=examples("thing 0", world.look(1, 2), 90_000, negative=True)))
    made.apply(Change(added=examples("ghost", world.look(2, 1), 91_000, negative=True)))
    made.settle()
    return made


def plain(made: CalibratedRule, world: World) -> CalibratedRule:
    return made


@pytest.mark.parametrize("make", [plain, prompted, with_negatives])
@pytest.mark.parametrize("open_set", [True, False])
@pytest.mark.parametrize("things", [1, 2, 12])
def test_all_at_once_is_as_one_by_one(make, open_set: bool, things: int) -> None:
    world = World.of(things + 2, seed=things)
    known = World(world.things[:things], world.random)
    made = make(rule(known, open_set=open_set), world)
    frames = np.concatenate([world.look(i, 3) for i in range(things + 2)])
    each = made.evidence_each(frames)
    scores = made.conclude_each(each)
    assert len(each) == len(scores) == len(frames)
    for frame, evidence, score in zip(frames, each, scores, strict=True):
        alone = made.evidence(frame)
        for name in ("image", "text", "fused", "familiarity"):
            np.testing.assert_allclose(getattr(evidence, name), getattr(alone, name), rtol=2e-3, atol=2e-4)
        concluded = made.conclude(evidence)
        np.testing.assert_allclose(score.score, concluded.score, rtol=1e-6)
        np.testing.assert_allclose(score.threshold, concluded.threshold, rtol=1e-6)
        assert score.unknown == pytest.approx(concluded.unknown, rel=1e-9)
        assert ((score.score >= score.threshold) == (concluded.score >= concluded.threshold)).all()


def test_an_empty_memory_has_nothing_to_say_of_any() -> None:
    made = rule()
    scores = made.conclude_each(made.evidence_each(unit(np.ones((3, 48)))))
    assert [(score.labels, score.unknown) for score in scores] == [((), 1.0)] * 3


def test_no_embedding_has_no_answer() -> None:
    made = rule(World.of(3))
    assert made.evidence_each(np.zeros((0, 48), np.float32)) == []
    assert made.conclude_each([]) == []
