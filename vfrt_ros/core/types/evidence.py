# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Evidence and scores of one frame, as a fusion rule gives them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Per-label evidence of one frame; every array is (c,) float32, in the order of `labels`.

    Attributes:
        labels: Every label that has an example or a prompt.
        image: Cosine-like evidence of the memory; NaN where the label has no (positive) example.
        text: Cosine with the label's prompt; NaN where the label has no prompt.
        fused: What ranks the labels (higher is better), smoothed over time by the recogniser.
        familiarity: What decides between known and unknown (higher is more familiar), smoothed too.
    """

    labels: tuple[str, ...]
    image: Array
    text: Array
    fused: Array
    familiarity: Array


@dataclass(frozen=True, slots=True)
class Scores:
    """The conclusion for one frame; every array is (c,) float32, in the order of `labels`.

    Attributes:
        labels: As in the evidence.
        score: In [0, 1]; under the calibrated rule a probability: with `unknown` they sum to 1.
        threshold: In [0, 1]; a label is known when its score is at least its threshold.
        unknown: The share of "none of these", in [0, 1].
    """

    labels: tuple[str, ...]
    score: Array
    threshold: Array
    unknown: float


def ranking(evidence: Evidence, scores: Scores) -> list[int]:
    """The labels that a frame may show, as indices, best first.

    Equal scores are in the order of their evidence: a score that was cut at 0 or 1 does not say which is better.
    A label of which the memory only knows what it is not, without example and prompt, is not among them.

    Args:
        evidence: Of one frame.
        scores: Concluded of it.
    """
    order = np.lexsort((-evidence.fused, -scores.score))
    nothing = np.isnan(evidence.image) & np.isnan(evidence.text)
    ranked: list[int] = order[~nothing[order]].tolist()
    return ranked
