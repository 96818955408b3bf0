# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The plain rule, choice by choice."""

from __future__ import annotations

import numpy as np
import pytest
from core.scoring.memories import World, examples

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.scoring.late import LateRule
from vfrt_ros.core.types.example import Change

QUERY = np.float32([1, 0, 0, 0])


def at(cosine: float, axis: int = 1) -> np.ndarray:
    """A unit vector with this cosine to the query."""
    row = np.zeros(4, np.float32)
    row[0], row[axis] = cosine, np.sqrt(1 - cosine**2)
    return row


CUPS = examples("cup", np.stack([at(0.9), at(0.7), at(0.2)]))
LEAVES = examples("leaf", np.stack([at(0.8, 2)]), 10)


class Taught(LateRule):
    """A rule over a table of examples, searched one by one."""

    def __init__(self, **settings: object) -> None:
        self.examples = ExampleTable(4)
        super().__init__(RecognitionSettings(fuse="late", **settings), self.search, self.examples)

    def search(self, embedding: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.examples.all_rows(negative=False)
        cosines = self.examples.gather(rows) @ embedding
        order = np.argsort(-cosines, kind="stable")[:k]
        return rows[order], cosines[order]

    def apply(self, change: Change) -> None:
        self.examples.follow(change)
        super().apply(change)


def rule(stored=CUPS + LEAVES, prompts=None, **changes: object) -> LateRule:
    made = Taught(**({"alpha_fusion": 1.0, "k": 3} | changes))
    made.apply(Change(added=stored))
    if prompts:
        made.set_prototypes(tuple(prompts), np.stack(list(prompts.values())))
    return made


@pytest.mark.parametrize(
    ("neighbor_agg", "expected"),
    [
        ("mean", {"cup": 0.8, "leaf": 0.8}),
        ("max", {"cup": 0.9, "leaf": 0.8}),
        ("sum", {"cup": 1.6, "leaf": 0.8}),
        ("median", {"cup": 0.8, "leaf": 0.8}),
        ("softmax", {"cup": 0.876, "leaf": 0.8}),
    ],
)
def test_neighbours_become_one_score(neighbor_agg: str, expected: dict[str, float]) -> None:
    evidence = rule(neighbor_agg=neighbor_agg).evidence(QUERY)
    assert dict(zip(evidence.labels, evidence.image, strict=True)) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("score_norm", "expected"),
    [
        ("none", [0.9, 0.8, 0.3]),
        ("zscore", [0.889, 0.508, -1.397]),
        ("minmax", [1.0, 0.833, 0.0]),
        ("softmax", [1.0, 0.0, 0.0]),
    ],
)
def test_scores_are_normalised_over_the_labels(score_norm: str, expected: list[float]) -> None:
    stored = CUPS[:1] + LEAVES + examples("pen", np.stack([at(0.3, 3)]), 20)
    assert rule(stored, score_norm=score_norm).evidence(QUERY).fused == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("alpha", "expected"), [(0.0, 0.3), (0.5, 0.55), (0.7, 0.65), (1.0, 0.8)])
def test_alpha_weighs_memory_against_prompt(alpha: float, expected: float) -> None:
    evidence = rule(prompts={"cup": at(0.3), "pen": at(0.4)}, alpha_fusion=alpha).evidence(QUERY)
    fused = dict(zip(evidence.labels, evidence.fused, strict=True))
    assert fused == pytest.approx({"cup": expected, "leaf": 0.8, "pen": 0.4}), "one kind alone counts in full"


def test_temperature_and_threshold() -> None:
    made = rule(temperature=2.0, open_set_threshold=0.35)
    scores = made.conclude(made.evidence(QUERY))
    assert scores.score == pytest.approx([0.4, 0.4], abs=1e-6)
    assert scores.threshold == pytest.approx([0.35, 0.35])
    assert scores.unknown == pytest.approx(0.6)
    made.settings = made.settings.replace(open_set=False)
    assert made.conclude(made.evidence(QUERY)).threshold == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize(
    ("cosine", "expected"),
    [pytest.param(0.95, -0.15, id="nearer than the cups"), pytest.param(0.6, 0.8, id="farther than a cup")],
)
def test_negatives_count_where_they_are_near(cosine: float, expected: float) -> None:
    stored = CUPS + LEAVES + examples("cup", np.stack([at(cosine, 3)]), 30, negative=True)
    assert rule(stored).evidence(QUERY).image[0] == pytest.approx(expected, abs=1e-5)


def test_nothing_learned_says_nothing() -> None:
    made = rule(())
    scores = made.conclude(made.evidence(QUERY))
    assert (scores.labels, scores.unknown) == ((), 1.0)


def test_labels_follow_relabel_and_removal() -> None:
    made = rule()
    made.apply(Change(removed=LEAVES, added=examples("tree", np.stack([at(0.8, 2)]), 10)))
    assert made.evidence(QUERY).labels == ("cup", "tree")
    made.apply(Change(removed=CUPS))
    assert made.evidence(QUERY).labels == ("tree",)


def test_prompts_need_as_many_embeddings() -> None:
    with pytest.raises(ValueError, match="one embedding for each of 2 labels; got 3"):
        rule().set_prototypes(("a", "b"), World.of(3).things)
