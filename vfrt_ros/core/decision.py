# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Decide what a frame shows: hold the best score against its threshold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vfrt_ros.core.types.decision import UNKNOWN, Candidate, Decision
from vfrt_ros.core.types.evidence import Evidence, Scores, ranking
from vfrt_ros.core.types.reason import Reason

AMBIGUOUS_RATIO = 0.8
"""A runner-up with at least this share of the best score makes an unknown an ambiguous one."""


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


def why_unknown(scores: Scores) -> Reason:
    """Why none of the labels was accepted: torn between two, like nothing known, or just too weak.

    Args:
        scores: Of one frame, none of which reaches its threshold.
    """
    first, *rest = np.sort(scores.score)[::-1]
    if scores.unknown > first:
        return Reason.UNKNOWN_UNFAMILIAR
    if rest and rest[0] >= AMBIGUOUS_RATIO * first:
        return Reason.UNKNOWN_AMBIGUOUS
    return Reason.UNKNOWN_LOW_SCORE
