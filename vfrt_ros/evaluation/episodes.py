# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""N-way K-shot episodes with known and unknown classes, and what a rule answers in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.scoring.rule import FusionRule
from vfrt_ros.core.types.evidence import Array, Evidence, Scores
from vfrt_ros.core.types.example import Change, Example
from vfrt_ros.core.types.operation import ExampleId, OperationId
from vfrt_ros.evaluation.baselines import Baseline
from vfrt_ros.evaluation.features import Features

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Search = Callable[[Array, int], tuple[Ints, Array]]


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """c classes that are taught, and pictures to ask about; all rows (·, d) float32, unit norm.

    Attributes:
        classes: (c,) index of each class in the data set.
        examples, labels: (n, d), and (n,) class 0 … c−1 of each.
        text: (c, d) prototypes.
        known, truth: (q, d) queries of the taught classes, and (q,) their classes.
        unknown, strangers: (u, d) queries of the other classes, and (u,) their index in the data set.
    """

    classes: Ints
    examples: Array
    labels: Ints
    text: Array
    known: Array
    truth: Ints
    unknown: Array
    strangers: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The answers of a rule to an episode's queries, the known ones first.

    Attributes:
        best: (q + u,) class with the highest score.
        familiarity: (q + u,) what decides between known and unknown; higher is more familiar.
        score: (q + u,) score of the best class, in [0, 1]; NaN for a rule without one.
        named: (q + u,) whether the answer is the best class rather than unknown.
    """

    best: Ints
    familiarity: Floats
    score: Floats
    named: Mask


def episodes(features: Features, ways: int, shots: int, count: int, seed: int = 0) -> Iterator[Episode]:
    """Seeded episodes: `ways` classes at random with `shots` examples each from `train`; all of `test` is asked.

    Args:
        features: Of the data set.
        ways: Classes of an episode.
        shots: Examples of each class.
        count: Episodes.
        seed: Of the choice; an episode depends on it and its own number alone.

    Raises:
        ValueError: There are fewer classes than `ways`, or a class has fewer examples than `shots`.
    """
    total = len(features.labels)
    if not 1 <= ways <= total:
        raise ValueError(f"Expected 1 to {total} ways (classes of the data set); got {ways}.")
    fewest = np.bincount(features.train_labels, minlength=total).min()
    if not 0 <= shots <= fewest:
        raise ValueError(f"Expected 0 to {fewest} shots (the smallest class has as many); got {shots}.")
    for number in range(count):
        yield _episode(features, ways, shots, np.random.default_rng([seed, number]))


def _episode(features: Features, ways: int, shots: int, random: np.random.Generator) -> Episode:
    classes = random.choice(len(features.labels), ways, replace=False)
    picked = [
        random.choice(np.flatnonzero(features.train_labels == c), shots, replace=False) for c in classes
    ]
    place = np.full(len(features.labels), -1)
    place[classes] = np.arange(ways)
    truth = place[features.test_labels]
    return Episode(
        classes,
        features.train[np.concatenate(picked)] if shots else features.train[:0],
        np.repeat(np.arange(ways), shots),
        features.text[classes],
        features.test[truth >= 0],
        truth[truth >= 0],
        features.test[truth < 0],
        features.test_labels[truth < 0],
    )


def answer_baseline(baseline: Baseline, episode: Episode) -> Answers:
    """A baseline's answers; its largest logit is the familiarity, and it names everything.

    Args:
        baseline: Gives (q + u, c) logits.
        episode: What is asked.
    """
    queries = np.concatenate([episode.known, episode.unknown])
    logits = baseline(episode.examples, episode.labels, episode.text, queries)
    best = logits.argmax(axis=1)
    return Answers(best, logits.max(axis=1), np.full(len(best), np.nan), np.ones(len(best), bool))


def answer_rule(rule: FusionRule, episode: Episode) -> Answers:
    """The answers of a fusion rule that was taught the episode before (`teach`), all at once and without smoothing.

    Args:
        rule: Taught this episode.
        episode: What is asked.
    """
    order = {name(i): i for i in range(len(episode.classes))}
    seen = rule.evidence_each(np.concatenate([episode.known, episode.unknown]))
    return answers_of(zip(seen, rule.conclude_each(seen), strict=True), order)


def answers_of(judged: Iterable[tuple[Evidence, Scores]], order: Mapping[str, int]) -> Answers:
    """The best label of each question, and whether it is named.

    Args:
        judged: Evidence and scores of each question.
        order: The number of each label.
    """
    best, familiarity, score, named = [], [], [], []
    for evidence, scores in judged:
        first = int(scores.score.argmax())
        best.append(order[scores.labels[first]])
        familiarity.append(float(evidence.familiarity[first]))
        score.append(float(scores.score[first]))
        named.append(bool(scores.score[first] >= scores.threshold[first]))
    return Answers(np.array(best), np.array(familiarity), np.array(score), np.array(named))


def teach(rule: FusionRule, episode: Episode, *, text: bool = True) -> None:
    """Give a new rule the examples and prototypes of an episode, and wait until they are in force.

    Args:
        rule: An empty one.
        episode: Its examples and prototypes.
        text: False = without prototypes.
    """
    if text:
        names = tuple(name(i) for i in range(len(episode.classes)))
        rule.set_prototypes(names, episode.text)
    rule.apply(Change(added=examples_of(episode)))
    rule.settle()


def examples_of(episode: Episode) -> tuple[Example, ...]:
    """The episode's examples as a memory holds them; each was taught by itself.

    Args:
        episode: Whose (n, d) examples are meant.
    """
    pairs = zip(episode.labels, episode.examples, strict=True)
    return tuple(
        Example(ExampleId(OperationId("episode", i + 1), 0), name(int(label)), row)
        for i, (label, row) in enumerate(pairs)
    )


def search_in(episode: Episode) -> Search:
    """An exact neighbour search over the episode's examples, for the late rule.

    Args:
        episode: Whose (n, d) examples are searched.
    """

    def search(embedding: Array, k: int) -> tuple[Ints, Array]:
        cosines = episode.examples @ embedding
        order = np.argsort(-cosines)[:k]
        return order, cosines[order]

    return search


def name(index: int) -> str:
    """The label of class `index` of an episode; sorted like the classes.

    Args:
        index: 0 … c−1.
    """
    return f"class {index:04d}"
