# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The interface of the rules that turn an embedding into scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from vfrt_ros.core.types.evidence import Array, Evidence, Scores
from vfrt_ros.core.types.example import Change


class FusionRule(Protocol):
    """Turns an embedding into per-label evidence, and smoothed evidence into scores.

    Attributes:
        settings: The parameters that it reads, or the holder of them (`LiveSettings`) where they change live.
    """

    settings: Any

    def check(self, change: Change) -> None:
        """Refuse a change that it could not follow, before it is made.

        Args:
            change: What was added to and removed from the memory.

        Raises:
            RequestError: The memory would hold more than the rule can.
        """

    def apply(self, change: Change) -> None:
        """Follow a change of the memory, by addition and subtraction.

        Args:
            change: What was added to and removed from the memory.
        """

    def set_prototypes(self, labels: tuple[str, ...], embeddings: Array) -> None:
        """Replace the text prototypes: `embeddings` is (m, d) float32, unit norm.

        Args:
            labels: m labels.
            embeddings: (m, d) float32, unit norm, one for each label.
        """

    def settle(self) -> None:
        """Wait until everything applied so far is in force in full."""

    def evidence(self, embedding: Array) -> Evidence:
        """The evidence of one (d,) float32 unit-norm embedding.

        Args:
            embedding: (d,) float32, unit norm.
        """

    def evidence_each(self, embeddings: Array) -> list[Evidence]:
        """The evidence of each of n embeddings, in one go where the rule can.

        Args:
            embeddings: (n, d) float32, unit norm.
        """

    def conclude(self, evidence: Evidence) -> Scores:
        """Scores of (possibly smoothed) evidence.

        Args:
            evidence: Of one frame, smoothed or not.
        """

    def conclude_each(self, evidence: Sequence[Evidence]) -> list[Scores]:
        """The scores of each evidence, in one go where the rule can.

        Args:
            evidence: As `evidence_each` gave it, each smoothed or not.
        """

    def thresholds(self) -> dict[str, float]:
        """The score that each label needs, in [0, 1], in a frame that shows nothing else."""

    def weights(self, label: str) -> dict[str, float]:
        """The weight of each kind of evidence for a label, by name: to explain an answer.

        Args:
            label: One of the memory or the prompts.
        """
