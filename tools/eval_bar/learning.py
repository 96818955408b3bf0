# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Point 4 of the bar: what learning new labels costs the labels known before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tools.eval_bar.check import Check, Limit
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.scoring.rule import FusionRule
from vfrt_ros.core.types.example import Change
from vfrt_ros.evaluation.baselines import BASELINES
from vfrt_ros.evaluation.episodes import Episode, episodes, examples_of, name
from vfrt_ros.evaluation.features import Features
from vfrt_ros.evaluation.methods import empty_rule

STEP = 10
MOST_LOST = 0.01
"""Accuracy that may be lost for each ten new labels, beyond what their confusion forces."""


@dataclass(frozen=True, slots=True)
class Stage:
    """After some labels: accuracies in [0, 1] over the questions about the first ten.

    Attributes:
        labels: Learned so far.
        ours: Top-1 among all labels.
        ours_among_first: Top-1 among the first ten only: what is lost here is not the new labels' doing.
        forced: Top-1 of GDA, made anew from all examples: what the confusion with the new labels leaves to a
            rule that knows everything from the start.
    """

    labels: int
    ours: float
    ours_among_first: float
    forced: float


def learning_curve(
    features: Features,
    encoders: Encoders,
    settings: RecognitionSettings,
    *,
    most: int,
    shots: int,
    count: int,
    seed: int,
) -> list[list[Stage]]:
    """Teach labels one after another and ask about the first ten again after every ten.

    Args:
        features: Of a data set with at least `most` labels.
        encoders, settings: Of the rule.
        most: Labels in the end, a multiple of ten.
        shots: Examples of each.
        count: How often, each time with other labels.
        seed: Of the choice.

    Returns:
        The stages of each repetition.
    """
    every = episodes(features, most, shots, count, seed)
    return [list(_stages(episode, shots, encoders, settings)) for episode in every]


def _stages(
    episode: Episode, shots: int, encoders: Encoders, settings: RecognitionSettings
) -> Iterator[Stage]:
    asked = episode.truth < STEP
    queries, truth = episode.known[asked], episode.truth[asked]
    rule = empty_rule("calibrated", settings, encoders)
    examples = examples_of(episode)
    for label in range(len(episode.classes)):
        rule.set_prototypes(tuple(name(i) for i in range(label + 1)), episode.text[: label + 1])
        rule.apply(Change(added=examples[label * shots : (label + 1) * shots]))
        if (label + 1) % STEP == 0:
            best, among_first = _answers(rule, queries)
            part = _first(episode, label + 1, shots)
            forced = BASELINES["gda"](part.examples, part.labels, part.text, queries).argmax(axis=1)
            yield Stage(
                label + 1,
                float((best == truth).mean()),
                float((among_first == truth).mean()),
                float((forced == truth).mean()),
            )


def _answers(rule: FusionRule, queries: npt.NDArray[np.float32]) -> tuple[np.ndarray, np.ndarray]:
    """(q,) the best label of all, and of the first ten; labels are sorted like their numbers."""
    rule.settle()
    scores = np.stack([rule.conclude(rule.evidence(query)).score for query in queries])
    return scores.argmax(axis=1), scores[:, :STEP].argmax(axis=1)


def _first(episode: Episode, labels: int, shots: int) -> Episode:
    rows = slice(0, labels * shots)
    return replace(
        episode, examples=episode.examples[rows], labels=episode.labels[rows], text=episode.text[:labels]
    )


def mean_curve(curves: list[list[Stage]]) -> list[Stage]:
    """The stages averaged over repetitions."""
    return [
        Stage(
            stages[0].labels,
            float(np.mean([stage.ours for stage in stages])),
            float(np.mean([stage.ours_among_first for stage in stages])),
            float(np.mean([stage.forced for stage in stages])),
        )
        for stages in zip(*curves, strict=True)
    ]


def learning_checks(curve: list[Stage]) -> list[Check]:
    """Point 4, from the mean curve: both readings of "beyond what their confusion forces"."""
    checks = []
    first = curve[0]
    for stage in curve[1:]:
        allowed = MOST_LOST * (stage.labels - first.labels) / STEP
        lost, forced = first.ours - stage.ours, first.forced - stage.forced
        within = first.ours_among_first - stage.ours_among_first
        checks.append(
            Check(
                4, f"lost on the first {STEP} of {stage.labels} labels, beyond what GDA loses", lost - forced,
                Limit.AT_MOST, allowed, note=f"{first.ours:.3f} to {stage.ours:.3f}; GDA {first.forced:.3f} to "
                f"{stage.forced:.3f}",
            )
        )  # fmt: skip
        checks.append(
            Check(
                4, f"lost on the first {STEP} of {stage.labels} labels, among themselves", within,
                Limit.AT_MOST, allowed, note=f"{first.ours_among_first:.3f} to {stage.ours_among_first:.3f}",
            )
        )  # fmt: skip
    return checks
