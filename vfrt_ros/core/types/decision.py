# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The answer for one frame: known or unknown, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vfrt_ros.core.types.reason import Reason

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One label that the frame may show.

    Attributes:
        score: In [0, 1], probability of the label.
        image_score: Cosine-like evidence of the memory; NaN where the label has no example.
        text_score: Cosine of the prompt; NaN where the label has no prompt.
        examples: Examples of the label in memory.
    """

    label: str
    score: float
    image_score: float
    text_score: float
    examples: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one frame.

    Attributes:
        label: The best label, or `UNKNOWN`.
        score: In [0, 1], probability of the best label, known or not.
        threshold: In [0, 1], what the score was held against.
        reason: KNOWN, or why unknown.
        candidates: Best first.
        memory_version: State of memory and prompts that the answer rests on.
    """

    label: str
    score: float
    threshold: float
    reason: Reason
    candidates: tuple[Candidate, ...]
    memory_version: int

    @property
    def known(self) -> bool:
        """True when the label is one that was learned."""
        return self.reason is Reason.KNOWN

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "label": self.label,
            "score": round(self.score, 6),
            "threshold": round(self.threshold, 6),
            "reason": self.reason.name,
            "candidates": [
                {
                    "label": candidate.label,
                    "score": round(candidate.score, 6),
                    "image_score": _number(candidate.image_score),
                    "text_score": _number(candidate.text_score),
                    "examples": candidate.examples,
                }
                for candidate in self.candidates
            ],
            "memory_version": self.memory_version,
        }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
