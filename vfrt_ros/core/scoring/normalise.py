# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How the late rule puts image and text scores on one scale (`score_norm`)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vfrt_ros.core.types.evidence import Array


def zscore(scores: Array) -> Array:
    """(c,) scores less their mean, over their standard deviation; all 0 where they do not differ.

    Args:
        scores: (c,) float32, NaN = missing.

    Returns:
        (c,) float32, NaN where it was.
    """
    spread = np.nanstd(scores) if np.isfinite(scores).any() else 0.0
    return np.asarray((scores - np.nanmean(scores)) / spread if spread > 0 else scores * 0.0, np.float32)


def minmax(scores: Array) -> Array:
    """(c,) scores stretched to [0, 1]; all 0 where they do not differ.

    Args:
        scores: (c,) float32, NaN = missing.

    Returns:
        (c,) float32, NaN where it was.
    """
    low, high = (np.nanmin(scores), np.nanmax(scores)) if np.isfinite(scores).any() else (0.0, 0.0)
    return (scores - low) / (high - low) if high > low else scores * 0.0


def softmax(scores: Array, scale: float = 100.0) -> Array:
    """(c,) scores as shares that sum to 1; `scale` is CLIP's logit scale (Radford et al. 2021, §2.5).

    Args:
        scores: (c,) float32, NaN = missing.
        scale: Above 0.

    Returns:
        (c,) float32, NaN where it was.
    """
    if not np.isfinite(scores).any():
        return scores
    powers = np.exp(scale * (scores - np.nanmax(scores)))
    return np.asarray(powers / np.nansum(powers), np.float32)


NORMALISERS: dict[str, Callable[[Array], Array]] = {
    "none": lambda scores: scores,
    "zscore": zscore,
    "minmax": minmax,
    "softmax": softmax,
}
"""One entry per choice of `score_norm`; each takes (c,) float32 with NaN = missing, and keeps the NaN."""
