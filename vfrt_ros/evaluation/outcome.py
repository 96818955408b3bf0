# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The answers of a method in an episode, in the labels of the data set, small enough to keep and to send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vfrt_ros.evaluation.episodes import Answers, Episode
from vfrt_ros.evaluation.metrics import aupr, auroc, expected_calibration_error, fpr95, half_and_half, oscr

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Answers to q questions, the known ones first; labels are indices into the labels of the data set.

    Attributes:
        classes: (c,) what was taught.
        truth: (q,) what is shown.
        known: (q,) True where that was taught.
        best: (q,) the best of the taught labels.
        familiarity: (q,) what decides between known and unknown; higher is more familiar.
        score: (q,) of the best label, in [0, 1]; NaN where the method gives none.
        named: (q,) True where the answer was the best label, False for unknown.
        decides: False where the method has no threshold, so that it names everything.
    """

    classes: Ints
    truth: Ints
    known: Bools
    best: Ints
    familiarity: Floats
    score: Floats
    named: Bools
    decides: bool = True

    @property
    def right(self) -> Bools:
        """(q,) True where the best label is what is shown."""
        return np.asarray(self.best == self.truth)

    @property
    def has_score(self) -> bool:
        """True where the method gives a score in [0, 1]."""
        return not np.isnan(self.score).any()

    @property
    def answer(self) -> Ints:
        """(q,) the answer; −1 for unknown."""
        return np.where(self.named, self.best, -1)

    def of_class(self, label: int) -> Outcome:
        """The questions that show one taught label, and all that show something unknown.

        Args:
            label: Index into the labels of the data set.
        """
        chosen = ~self.known | (self.truth == label)
        rows = ("truth", "known", "best", "familiarity", "score", "named")
        return replace(self, **{name: getattr(self, name)[chosen] for name in rows})

    def figures(self) -> dict[str, float]:
        """The figures of one episode.

        Returns:
            top1, auroc, fpr95, aupr, oscr; rejected (share of known objects called unknown), accepted (share of unknown
            objects that got a name), ece (both kinds counting the same), ece_known (of the known queries alone). NaN
            where a figure does not exist; `strangers`, which takes all episodes, always is: see `figures_of_all`.
        """
        names = (
            "top1",
            "rejected",
            "auroc",
            "fpr95",
            "aupr",
            "oscr",
            "accepted",
            "ece",
            "ece_known",
            "strangers",
        )
        figures = dict.fromkeys(names, float("nan"))
        correct, asked = self.right[self.known], ~self.known
        known, unknown = self.familiarity[self.known], self.familiarity[asked]
        figures["top1"] = float(correct.mean())
        if self.decides:
            figures["rejected"] = float(1.0 - self.named[self.known].mean())
        if len(unknown):
            figures["auroc"], figures["fpr95"] = auroc(known, unknown), fpr95(known, unknown)
            figures["aupr"], figures["oscr"] = aupr(known, unknown), oscr(known, correct, unknown)
            if self.decides:
                figures["accepted"] = float(self.named[asked].mean())
        if self.has_score:
            weights = half_and_half(len(known), len(unknown))
            figures["ece"] = expected_calibration_error(self.score, self.right, weights)
            figures["ece_known"] = expected_calibration_error(self.score[self.known], correct)
        return figures


def outcome_of(answers: Answers, episode: Episode, *, decides: bool) -> Outcome:
    """The answers of an episode in the labels of the data set.

    Args:
        answers: To the q + u questions of the episode.
        episode: What was asked.
        decides: False where the method has no threshold.
    """
    count = len(episode.known)
    return Outcome(
        episode.classes,
        np.concatenate([episode.classes[episode.truth], episode.strangers]),
        np.arange(count + len(episode.unknown)) < count,
        episode.classes[answers.best],
        answers.familiarity,
        answers.score,
        answers.named,
        decides,
    )


def calibration_error(outcomes: Sequence[Outcome]) -> float:
    """The expected calibration error over the questions of all episodes together.

    The error of one episode is biased upwards, the more the fewer its questions are (Roelofs et al.,
    "Mitigating Bias in Calibration Error Estimation", AISTATS 2022), so its mean over episodes is too.
    Known and unknown objects count the same, and so do episodes.

    Args:
        outcomes: Of one method, one for each episode.

    Returns:
        In [0, 1]; NaN where the method gives no score.
    """
    if not all(one.has_score for one in outcomes):
        return float("nan")
    weights = [half_and_half(int(one.known.sum()), int((~one.known).sum())) for one in outcomes]
    score = np.concatenate([one.score for one in outcomes])
    right = np.concatenate([one.right for one in outcomes])
    return expected_calibration_error(score, right, np.concatenate(weights))


def strangers_named(outcomes: Sequence[Outcome], share: float = 0.05) -> list[float]:
    """The share of unknown objects that get a label where one threshold calls `share` of the known ones unknown.

    The threshold is on the familiarity, the same in every episode, and chosen in hindsight: the best that a fixed
    one can be.

    Args:
        outcomes: Of one method, one for each episode.
        share: In (0, 1).

    Returns:
        One for each episode; NaN where it has no unknown object.
    """
    known = np.concatenate([one.familiarity[one.known] for one in outcomes])
    limit = np.quantile(known, share) if len(known) else float("nan")
    unknown = [one.familiarity[~one.known] for one in outcomes]
    return [float((own >= limit).mean()) if len(own) else float("nan") for own in unknown]


def figures_of_all(outcomes: Sequence[Outcome]) -> list[dict[str, float]]:
    """The figures of each episode, with those that take all episodes to measure.

    Args:
        outcomes: Of one method, one for each episode.
    """
    pairs = zip(outcomes, strangers_named(outcomes), strict=True)
    return [{**one.figures(), "strangers": named} for one, named in pairs]


def confusion(outcomes: Sequence[Outcome], classes: int) -> Ints:
    """How often each label was answered for each.

    Args:
        outcomes: Of one method.
        classes: How many labels the data set has, c.

    Returns:
        (c + 1, c + 1) counts: rows are what is shown, columns the answer; the last of each is unknown.
    """
    table = np.zeros((classes + 1, classes + 1), np.int64)
    for own in outcomes:
        np.add.at(table, (np.where(own.known, own.truth, classes), own.answer), 1)
    return table
