# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How the late rule turns the cosines of a label's neighbours into one number (`neighbor_agg`)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def softmax_mean(cosines: Floats, sharpness: float = 10.0) -> float:
    """The mean of (n,) cosines weighted by ``exp(sharpness · cosine)``: between mean and max.

    Args:
        cosines: (n,) float64 in [−1, 1], n ≥ 1.
        sharpness: 0 = the mean; the larger, the nearer to the maximum.

    Returns:
        In [−1, 1].

    >>> round(softmax_mean(np.array([0.9, 0.1])), 3)
    0.9
    """
    weights = np.exp(sharpness * (cosines - cosines.max()))
    return float((weights * cosines).sum() / weights.sum())


AGGREGATES: dict[str, Callable[[Floats], float]] = {
    "mean": lambda cosines: float(cosines.mean()),
    "max": lambda cosines: float(cosines.max()),
    "sum": lambda cosines: float(cosines.sum()),
    "median": lambda cosines: float(np.median(cosines)),
    "softmax": softmax_mean,
}
"""One entry per choice of `neighbor_agg`; each takes (n,) cosines, n ≥ 1."""
