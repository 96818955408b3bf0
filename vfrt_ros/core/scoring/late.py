# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`fuse: late`, the plain rule: neighbours, a fixed weight, one threshold. Kept for comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.scoring.aggregate import AGGREGATES
from vfrt_ros.core.scoring.labels import LabelTable
from vfrt_ros.core.scoring.normalise import NORMALISERS
from vfrt_ros.core.types.evidence import Array, Evidence, Scores
from vfrt_ros.core.types.example import Change

Search = Callable[[Array, int], tuple[npt.NDArray[np.int64], Array]]


class LateSettings(Protocol):
    """The parameters that the late rule reads; `RecognitionSettings` has them all."""

    @property
    def alpha_fusion(self) -> float: ...
    @property
    def k(self) -> int: ...
    @property
    def neighbor_agg(self) -> str: ...
    @property
    def score_norm(self) -> str: ...
    @property
    def temperature(self) -> float: ...
    @property
    def open_set(self) -> bool: ...
    @property
    def open_set_threshold(self) -> float: ...


class LateRule:
    """Neighbours of the frame, aggregated per label, mixed with the prompts by a fixed weight.

    Formula 1:
    ``score = clip((alpha · norm(aggregate of cosines) + (1 − alpha) · norm(text cosine)) / temperature, 0, 1)``

    A label with only one kind of evidence uses it alone. A label that has examples, but none among the `k`
    neighbours, has image evidence 0. Negative examples count only where one is nearer than every positive
    neighbour of the label: then the aggregate of the nearest `k` of them is subtracted.

    Threads: not safe; one thread calls everything.
    """

    def __init__(self, settings: LateSettings, search: Search, examples: ExampleTable | None = None) -> None:
        """
        Args:
            settings: For example a `RecognitionSettings`; replace the attribute to change them live.
            search: ``search(embedding (d,), k) -> (rows (≤ k,) int64, cosines (≤ k,) float32)``, best
                first, over the positive examples.
            examples: The memory's, which has followed a change before `apply` is called; None = a table of its own.
        """
        self.settings = settings
        self._search = search
        self._examples = examples if examples is not None else ExampleTable()
        self._owns_examples = examples is None
        self._table = LabelTable(self._examples)

    def check(self, change: Change) -> None:
        """It can follow every change."""

    def apply(self, change: Change) -> None:
        """Follow a change of the memory."""
        if self._owns_examples:
            self._examples.follow(change)
        self._table.refresh()

    def set_prototypes(self, labels: tuple[str, ...], embeddings: Array) -> None:
        """Replace the text prototypes: `embeddings` is (m, d) float32, unit norm, one for each label."""
        self._table.set_prototypes(labels, embeddings)

    def settle(self) -> None:
        """Every change is in force at once."""

    def evidence(self, embedding: Array) -> Evidence:
        """The evidence of one (d,) float32 unit-norm embedding; `familiarity` is `fused`."""
        image, text = self._image(embedding), self._table.text(embedding)
        normalise = NORMALISERS[self.settings.score_norm]
        fused = mix(normalise(image), normalise(text), self.settings.alpha_fusion)
        return Evidence(self._table.labels, image, text, fused, fused)

    def evidence_each(self, embeddings: Array) -> list[Evidence]:
        """The evidence of each of (n, d) float32 unit-norm embeddings, one after the other."""
        return [self.evidence(embedding) for embedding in embeddings]

    def conclude(self, evidence: Evidence) -> Scores:
        """Scores of (possibly smoothed) evidence; `unknown` is what the best score leaves of 1."""
        score = np.clip(evidence.fused / self.settings.temperature, 0.0, 1.0).astype(np.float32)
        least = self.settings.open_set_threshold if self.settings.open_set else 0.0
        best = float(score.max()) if score.size else 0.0
        return Scores(evidence.labels, score, np.full(score.shape, least, np.float32), 1.0 - best)

    def conclude_each(self, evidence: Sequence[Evidence]) -> list[Scores]:
        """The scores of each."""
        return [self.conclude(each) for each in evidence]

    def thresholds(self) -> dict[str, float]:
        """The score that each label needs."""
        least = self.settings.open_set_threshold if self.settings.open_set else 0.0
        return dict.fromkeys(self._table.labels, least)

    def weights(self, label: str) -> dict[str, float]:
        """The weights of memory and prompt for a label that has both."""
        alpha = self.settings.alpha_fusion
        return {"memory": alpha, "prompt": 1.0 - alpha}

    def _image(self, embedding: Array) -> Array:
        table, k = self._table, self.settings.k
        image = np.where(table.positives > 0, np.float32(0.0), np.float32(np.nan))
        near: dict[int, list[float]] = {}
        if (table.positives > 0).any():
            for row, cosine in zip(*self._search(embedding, k), strict=True):
                near.setdefault(table.index(int(row)), []).append(float(cosine))
        aggregate = AGGREGATES[self.settings.neighbor_agg]
        for index, cosines in near.items():
            image[index] = aggregate(np.array(cosines))
        for index, rows in table.refused.items():
            refused = np.sort((rows @ embedding).astype(np.float64))[::-1][:k]
            if refused[0] > max(near.get(index, [-1.0])):
                image[index] -= aggregate(refused)
        return image


def mix(image: Array, text: Array, alpha: float) -> Array:
    """``alpha · image + (1 − alpha) · text``; where one is NaN the other one alone.

    Args:
        image, text: (c,) float32, NaN = missing.
        alpha: In [0, 1].

    Returns:
        (c,) float32; 0 where both are missing.

    >>> mix(np.float32([0.8, np.nan]), np.float32([0.3, 0.2]), 0.5).round(3).tolist()
    [0.550000011920929, 0.20000000298023224]
    """
    both = alpha * image + (1.0 - alpha) * text
    one = np.where(np.isnan(image), text, image)
    return np.nan_to_num(np.where(np.isnan(both), one, both)).astype(np.float32)
