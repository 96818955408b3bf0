"""What a fusion rule says of one frame, before and after smoothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.example import Change

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Per-label evidence of one frame; every array is (c,) float32, in the order of `labels`.

    Attributes:
        labels: Every label that has an example or a prompt.
        image: Cosine-like evidence of the memory; NaN where the label has no (positive) example.
        text: Cosine with the label's prompt; NaN where the label has no prompt.
        fused: What ranks the labels (higher is better), smoothed over time by the recogniser.
        support: What decides between known and unknown (higher is more familiar), smoothed too.
    """

    labels: tuple[str, ...]
    image: Array
    text: Array
    fused: Array
    support: Array


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


class FusionRule(Protocol):
    """Turns an embedding into per-label evidence, and smoothed evidence into scores.

    Attributes:
        settings: The parameters that it reads; replaced as a whole when a live one changes.
    """

    settings: Any

    def check(self, change: Change) -> None:
        """Refuse a change that it could not follow, before it is made.

        Raises:
            RequestError: The memory would hold more than the rule can.
        """

    def apply(self, change: Change) -> None:
        """Follow a change of the memory, by addition and subtraction."""

    def set_prototypes(self, labels: tuple[str, ...], embeddings: Array) -> None:
        """Replace the text prototypes: `embeddings` is (m, d) float32, unit norm."""

    def evidence(self, embedding: Array) -> Evidence:
        """The evidence of one (d,) float32 unit-norm embedding."""

    def conclude(self, evidence: Evidence) -> Scores:
        """Scores of (possibly smoothed) evidence."""

    def thresholds(self) -> dict[str, float]:
        """What the score of each label is held against, in [0, 1], in a frame that shows nothing else."""

    def weights(self, label: str) -> dict[str, float]:
        """What each kind of evidence counts for a label, by name: to explain an answer."""
