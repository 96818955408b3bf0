# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Text evidence: by how much a label's prompt stands out from prompts for things in general."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from vfrt_ros.core.scoring import constants
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.evidence import Array

Floats = npt.NDArray[np.float64]


class _Scale:
    """A scale for cosines, made of (…, p) those of the same pictures with a background of prompts."""

    def __init__(self, cosines: Array) -> None:
        self.cosines = cosines
        self._mean = cosines.mean(axis=-1, keepdims=True)
        self._spread = np.maximum(cosines.std(axis=-1, keepdims=True), 1e-9)

    def of(self, cosines: Array) -> Floats:
        """(…, m) z-scores of (…, m) cosines (formula 7)."""
        return np.asarray((cosines - self._mean) / self._spread, np.float64)


@dataclass(frozen=True, slots=True)
class TextEvidence:
    """The evidence of m prompts in one frame, or in each of n.

    Attributes:
        cosines: (…, m) float32 with the prompts.
        standardised: (…, m) float64 z-scores of them.
        threshold: (…) float64 z-score that the prompt of what is shown has to beat.
    """

    cosines: Array
    standardised: Floats
    threshold: Floats


class TextModel:
    """Standardises a frame's cosines with the labels' prompts by those with a background of prompts.

    Cosines between pictures and texts lie in a narrow band that differs between encoders; a z-score does not
    change when the band is moved or stretched.
    """

    def __init__(self) -> None:
        self.labels: tuple[str, ...] = ()
        self.prototypes: Array = np.zeros((0, 0), np.float32)
        self.background: Array | None = None
        self._shared: set[str] = set()
        self._rivals_of: tuple[Array | None, Array] = (None, self.prototypes)
        self._rivals_are = np.zeros(0, bool)

    def set_prototypes(self, labels: tuple[str, ...], embeddings: Array) -> None:
        """(m, d) float32 unit-norm embeddings, one for each label.

        Args:
            labels: m labels.
            embeddings: (m, d) float32, unit norm, one for each label.

        Raises:
            ValueError: There are not as many embeddings as labels.
        """
        if len(labels) != len(embeddings):
            raise ValueError(
                f"Expected one embedding for each of {counted(len(labels), 'label')}; got {len(embeddings)}."
            )
        order = sorted(range(len(labels)), key=lambda i: labels[i])
        self.labels = tuple(labels[i] for i in order)
        self.prototypes = np.ascontiguousarray(np.asarray(embeddings, np.float32)[order])
        same = self.prototypes @ self.prototypes.T > constants.SAME_PROMPT
        self._shared = {
            label for label, count in zip(self.labels, same.sum(axis=1), strict=True) if count > 1
        }

    def are_shared(self, labels: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """(c,) True for a label whose prompt is another label's too: it says the kind, not the thing.

        Args:
            labels: c labels, with a prompt or without.
        """
        return np.array([label in self._shared for label in labels], bool)

    def evidence(self, embedding: Array) -> TextEvidence:
        """All that the prompts say of embeddings; without a background they stand out from each other.

        Args:
            embedding: (d,) or (n, d) float32, unit norm.
        """
        if not self.labels:
            nothing = np.zeros((*embedding.shape[:-1], 0))
            return TextEvidence(nothing.astype(np.float32), nothing, np.zeros(embedding.shape[:-1]))
        cosines = np.asarray(embedding @ self.prototypes.T, np.float32)
        scale = _Scale(cosines if self.background is None else embedding @ self.background.T)
        return TextEvidence(cosines, scale.of(cosines), self._threshold(scale))

    def _threshold(self, scale: _Scale) -> Floats:
        """(…) prompt thresholds (formula 8): the z-score of the best rival of the background."""
        return scale.of(scale.cosines[..., self._rivals()].max(axis=-1, keepdims=True))[..., 0]

    def _rivals(self) -> npt.NDArray[np.bool_]:
        """(p,) True where a prompt of the background says something else than the labels' do; all where none does."""
        prototypes = self.prototypes
        background = prototypes if self.background is None else self.background
        if self._rivals_of[0] is not background or self._rivals_of[1] is not prototypes:
            same = (background @ prototypes.T).max(axis=1) > constants.SAME_PROMPT
            self._rivals_of, self._rivals_are = (background, prototypes), (same if same.all() else ~same)
        return self._rivals_are

    def of_examples(self, embeddings: Array, labels: tuple[str, ...]) -> tuple[Floats, Floats]:
        """The prompts of these labels over examples.

        Args:
            embeddings: (n, d) float32, unit norm.
            labels: c labels, in the order of the columns.

        Returns:
            (n, c) float64 z-scores as `beside_pictures` gives them, NaN where a label has no prompt; and the (n,)
            prompt thresholds.
        """
        table = np.full((len(embeddings), len(labels)), np.nan)
        place = {label: j for j, label in enumerate(labels)}
        pairs = [(i, place[label]) for i, label in enumerate(self.labels) if label in place]
        seen = self.evidence(embeddings)
        table[:, [j for _, j in pairs]] = beside_pictures(seen.standardised[:, [i for i, _ in pairs]])
        return table, seen.threshold


def beside_pictures(standardised: Floats) -> Floats:
    """z-scores of prompts as they count where there are examples too (formula 9); NaN stays.

    Which of two prompts fits less that both fit less than the background's average is mostly chance.

    Args:
        standardised: (…, m) float64 z-scores, NaN = missing.

    Returns:
        (…, m) float64.

    >>> beside_pictures(np.array([2.0, -1.0])).tolist()
    [2.0, 0.0]
    """
    return np.maximum(standardised, 0.0)


def match_odds(standardised: Floats, threshold: npt.ArrayLike) -> Floats:
    """Log-odds that a prompt is what is seen (formula 15), calmer above `constants.CALM_ODDS`.

    Args:
        standardised: (…, m) float64 z-scores of the prompts.
        threshold: (…) z-scores to beat, see `TextEvidence`.

    >>> match_odds(np.array([3.2, 4.2, 7.2]), 3.2).tolist()
    [0.0, 2.0, 3.5]
    """
    odds = constants.PROMPT_SLOPE * (standardised - np.asarray(threshold)[..., None])
    calm = constants.CALM_ODDS + constants.CALM_SHARE * (odds - constants.CALM_ODDS)
    return np.asarray(np.where(odds > constants.CALM_ODDS, calm, odds))


def match_threshold(share: float) -> float:
    """The log-odds that all but `share` of the matching prompts reach, their z-scores being normal.

    Args:
        share: In [0, 1]; 1e-6 at least and 1 − 1e-6 at most count.

    Returns:
        Log-odds.
    """
    deviations = float(ndtri(np.clip(share, 1e-6, 1 - 1e-6)))
    matching = constants.MATCH_MEAN + constants.MATCH_DEVIATION * deviations
    return float(match_odds(np.array([matching]), 0.0)[0])
