# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How good answers are, and how honest their scores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def auroc(known: Floats, unknown: Floats) -> float:
    """The chance that a known object is more familiar than an unknown one; (n,) and (m,) familiarities.

    Args:
        known: (n,) float64 familiarity of known objects.
        unknown: (m,) float64 familiarity of unknown objects.

    >>> auroc(np.array([3.0, 2.0]), np.array([1.0, 0.0]))
    1.0
    """
    return float(roc_auc_score(_truth(known, unknown), np.concatenate([known, unknown])))


def aupr(known: Floats, unknown: Floats) -> float:
    """Average precision of finding the known objects.

    Args:
        known: (n,) float64 familiarity of known objects.
        unknown: (m,) float64 familiarity of unknown objects.
    """
    return float(average_precision_score(_truth(known, unknown), np.concatenate([known, unknown])))


def fpr95(known: Floats, unknown: Floats) -> float:
    """The share of unknown objects taken for known where 95 % of the known ones are.

    Args:
        known: (n,) float64 familiarity of known objects.
        unknown: (m,) float64 familiarity of unknown objects.
    """
    wrong, right, _ = roc_curve(_truth(known, unknown), np.concatenate([known, unknown]))
    return float(wrong[np.searchsorted(right, 0.95)])


def oscr(known: Floats, correct: Mask, unknown: Floats) -> float:
    """Area under the rate of correctly named known objects over that of unknown ones taken for known.

    Source: Dhamija et al., "Reducing Network Agnostophobia", NeurIPS 2018, section 3.

    Args:
        known: (n,) familiarity of known objects.
        correct: (n,) whether each was named rightly.
        unknown: (m,) familiarity of unknown objects.
    """
    levels = np.sort(np.concatenate([known, unknown]))[::-1]
    named = np.searchsorted(-np.sort(-known[correct]) * -1, -levels, side="right") / len(known)
    false = np.searchsorted(np.sort(-unknown), -levels, side="right") / len(unknown)
    return float(np.trapezoid(np.append(0.0, named), np.append(0.0, false)))


def expected_calibration_error(
    score: Floats, correct: Mask, weights: Floats | None = None, *, bins: int = 15
) -> float:
    """The mean gap between a score and how often it is right, over equally wide bins.

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, eq. 3.

    Args:
        score: (n,) in [0, 1].
        correct: (n,) whether the answer was right; for an unknown object no answer is.
        weights: (n,) of the answers; None = equal.

    >>> expected_calibration_error(np.array([0.8, 0.8]), np.array([True, False]))
    0.3
    """
    weights = np.ones(len(score)) if weights is None else weights
    place = np.minimum((score * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights * (score - correct), minlength=bins)
    return float(round(np.abs(gaps).sum() / weights.sum(), 12))


def half_and_half(known: int, unknown: int) -> Floats:
    """(known + unknown,) weights with which both kinds count the same."""
    return np.concatenate([np.full(known, 0.5 / max(known, 1)), np.full(unknown, 0.5 / max(unknown, 1))])


def _truth(known: Floats, unknown: Floats) -> Floats:
    return np.concatenate([np.ones(len(known)), np.zeros(len(unknown))])
