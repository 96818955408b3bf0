"""The answer for one frame: known or unknown, and why."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from vfrt_ros.core.types.evidence import Evidence, Scores

UNKNOWN = "unknown"
AMBIGUOUS_RATIO = 0.8
"""A runner-up with at least this share of the best score makes an unknown an ambiguous one."""


class Reason(IntEnum):
    """Why a frame is called unknown; the numbers are those of `Recognition.msg`."""

    KNOWN = 0
    UNKNOWN_NOTHING_LEARNED = 1
    UNKNOWN_LOW_SCORE = 2
    UNKNOWN_AMBIGUOUS = 3
    UNKNOWN_UNFAMILIAR = 4

    @property
    def words(self) -> str:
        """The reason for people."""
        return {
            Reason.KNOWN: "known",
            Reason.UNKNOWN_NOTHING_LEARNED: "nothing learned yet: register an object or set prompts",
            Reason.UNKNOWN_LOW_SCORE: "the best score is below its threshold",
            Reason.UNKNOWN_AMBIGUOUS: "two labels fit equally well",
            Reason.UNKNOWN_UNFAMILIAR: "it looks like nothing that was learned",
        }[self]


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
    """What one frame shows.

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


def decide(
    evidence: Evidence,
    scores: Scores,
    count: Callable[[str], int],
    *,
    k_candidates: int,
    version: int,
) -> Decision:
    """Hold the best score against its threshold.

    Args:
        evidence: What the scores were concluded from.
        scores: In the order of the evidence.
        count: Examples of a label.
        k_candidates: Candidates to name at most.
        version: Of memory and prompts.
    """
    order = ranking(evidence, scores)
    if not order:
        return Decision(UNKNOWN, 0.0, 0.0, Reason.UNKNOWN_NOTHING_LEARNED, (), version)
    best = int(order[0])
    score, threshold = float(scores.score[best]), float(scores.threshold[best])
    reason = Reason.KNOWN if score >= threshold else why_unknown(scores)
    candidates = tuple(
        Candidate(
            scores.labels[i],
            float(scores.score[i]),
            float(evidence.image[i]),
            float(evidence.text[i]),
            count(scores.labels[i]),
        )
        for i in order[:k_candidates]
    )
    label = scores.labels[best] if reason is Reason.KNOWN else UNKNOWN
    return Decision(label, score, threshold, reason, candidates, version)


def ranking(evidence: Evidence, scores: Scores) -> list[int]:
    """The labels that a frame may show, as indices, best first.

    Equal scores are in the order of their evidence: a score that was cut at 0 or 1 does not say which is better.
    A label of which the memory only knows what it is not, without example and prompt, is not among them.
    """
    order = np.lexsort((-evidence.fused, -scores.score))
    nothing = np.isnan(evidence.image) & np.isnan(evidence.text)
    return [int(i) for i in order if not nothing[i]]


def why_unknown(scores: Scores) -> Reason:
    """Why none of the labels was accepted: torn between two, like nothing known, or just too weak."""
    first, *rest = np.sort(scores.score)[::-1]
    if scores.unknown > first:
        return Reason.UNKNOWN_UNFAMILIAR
    if rest and rest[0] >= AMBIGUOUS_RATIO * first:
        return Reason.UNKNOWN_AMBIGUOUS
    return Reason.UNKNOWN_LOW_SCORE


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
