# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Small made-up memories: labels as directions in space, examples scattered about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.types.example import Change, Example
from vfrt_ros.core.types.operation import ExampleId, OperationId

DIM = 48


@dataclass
class World:
    """Things with a direction each; `look` shows one, a little differently every time."""

    things: np.ndarray
    random: np.random.Generator
    scatter: float = 0.8

    @classmethod
    def of(cls, count: int, seed: int = 0, dim: int = DIM, scatter: float = 0.8) -> World:
        random = np.random.default_rng(seed)
        return cls(unit(random.normal(size=(count, dim))), random, scatter)

    def look(self, thing: int, count: int = 1, scatter: float | None = None) -> np.ndarray:
        """(count, DIM) float32 unit-norm embeddings of a thing."""
        noise = unit(self.random.normal(size=(count, self.things.shape[1])))
        return unit(self.things[thing] + (self.scatter if scatter is None else scatter) * noise)

    def background(self, count: int = 100) -> np.ndarray:
        """Prompts for other things."""
        return unit(self.random.normal(size=(count, self.things.shape[1])))


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def examples(
    label: str, rows: np.ndarray, first: int = 0, negative: bool = False, batch: int = 0
) -> tuple[Example, ...]:
    if batch:
        taught = OperationId("test", 10**6 + batch)
        return tuple(
            Example(ExampleId(taught, first + i), label, row, negative) for i, row in enumerate(rows)
        )
    return tuple(
        Example(ExampleId(OperationId("test", first + i + 1), 0), label, row, negative)
        for i, row in enumerate(rows)
    )


def rule(world: World | None = None, shots: int = 5, **changes: object) -> CalibratedRule:
    """A rule that was shown `shots` examples of every thing of a world, under the names `thing 0` …"""
    made = CalibratedRule(RecognitionSettings(**{"open_set_threshold": 0.05} | changes))
    if world is not None:
        made.set_background(world.background())
        for i in range(len(world.things)):
            made.apply(Change(added=examples(f"thing {i}", world.look(i, shots), 1000 * i)))
        made.settle()
    return made


def answer(made: CalibratedRule, embedding: np.ndarray) -> tuple[str, float]:
    """The label or `unknown`, and the best score."""
    scores = made.conclude(made.evidence(embedding))
    if not scores.labels:
        return "unknown", 0.0
    best = int(scores.score.argmax())
    known = scores.score[best] >= scores.threshold[best]
    return scores.labels[best] if known else "unknown", float(scores.score[best])
