# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Smoothing over time: the same time constant at any frame rate; docs/scoring.md has the formulas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.types.evidence import Array, Evidence, Scores

HOLD_ODDS = 1.25
"""Hysteresis (formula 19): the odds of the label shown last are raised by this factor, since scenes last."""
REFERENCE_FPS = 30.0
"""`temporal_ema` is the share of the past that is kept from frame to frame at this rate."""


def past_share(temporal_ema: float, elapsed: float) -> float:
    """The share of the past after `elapsed` seconds: ``temporal_ema ** (elapsed · 30)`` (formula 18).

    >>> round(past_share(0.15, 1 / 30), 3), round(past_share(0.15, 1 / 15), 4), past_share(0.0, 0.01)
    (0.15, 0.0225, 0.0)
    """
    return float(temporal_ema ** (elapsed * REFERENCE_FPS)) if temporal_ema > 0 else 0.0


def has_hysteresis(settings: RecognitionSettings) -> bool:
    """Whether the label shown last has an advantage: not with smoothing off, nor under the plain rule."""
    return settings.temporal_ema > 0 and settings.fuse == "calibrated"


def favour(scores: Scores, held: str | None) -> Scores:
    """The scores after the label shown last got an advantage: its odds times 1.25, so that a tie does not flicker.

    Args:
        scores: Of the new frame, summing to 1 with the unknown's share; they still do afterwards.
        held: The label shown last; None = none.
    """
    if held not in scores.labels:
        return scores
    score = scores.score.copy()
    score[scores.labels.index(held)] *= HOLD_ODDS
    total = float(score.sum()) + scores.unknown
    return replace(scores, score=(score / total).astype(np.float32), unknown=scores.unknown / total)


class Smoother:
    """An exponential moving average of the fused evidence and the familiarity, label by label.

    It starts anew after `reset`, when time stands still or runs backwards (a stopped clock would hold the
    first answer forever), and for a label that was not there before.
    """

    def __init__(self) -> None:
        self._last: Evidence | None = None
        self._stamp: float | None = None

    def reset(self) -> None:
        """Forget the past: another scene, another memory."""
        self._last = None

    def smooth(self, evidence: Evidence, temporal_ema: float, stamp: float | None) -> Evidence:
        """The evidence, mixed with the past.

        Args:
            evidence: Of the new frame.
            temporal_ema: Share of the past at 30 frames a second, in [0, 1).
            stamp: Seconds of the new frame; None counts as 1/30 s after the last.
        """
        elapsed = 1 / REFERENCE_FPS
        if stamp is not None and self._stamp is not None:
            elapsed = stamp - self._stamp
        self._stamp = stamp
        if self._last is not None and elapsed > 0:
            share = past_share(temporal_ema, elapsed)
            if share > 0:
                evidence = _mix(self._last, evidence, share)
        self._last = evidence
        return evidence


def _mix(past: Evidence, new: Evidence, share: float) -> Evidence:
    if past.labels == new.labels:
        fused, familiarity = past.fused, past.familiarity
    else:
        index = {label: i for i, label in enumerate(past.labels)}
        fused = _align(past.fused, new.fused, new.labels, index)
        familiarity = _align(past.familiarity, new.familiarity, new.labels, index)
    return replace(
        new,
        fused=(share * fused + (1 - share) * new.fused).astype(np.float32),
        familiarity=(share * familiarity + (1 - share) * new.familiarity).astype(np.float32),
    )


def _align(past: Array, new: Array, labels: tuple[str, ...], index: dict[str, int]) -> Array:
    pairs = zip(labels, new, strict=True)
    return np.array([past[index[label]] if label in index else value for label, value in pairs], np.float32)
