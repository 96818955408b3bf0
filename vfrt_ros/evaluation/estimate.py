# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A mean over episodes with its confidence interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure measured in several episodes.

    Attributes:
        mean: Over the episodes in which it could be measured.
        half_width: Of its 95 % confidence interval; NaN where a single episode gives none.
        count: Episodes that it was measured in.
    """

    mean: float
    half_width: float
    count: int

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self.mean + self.half_width

    def as_dict(self) -> dict[str, float | int | None]:
        """Plain values for JSON and CSV; a missing figure is None."""
        return {
            "mean": _plain(self.mean),
            "low": _plain(self.low),
            "high": _plain(self.high),
            "episodes": self.count,
        }


def estimate(values: Sequence[float]) -> Estimate | None:
    """The mean of a figure over episodes.

    Args:
        values: One for each episode; NaN where it could not be measured.

    Returns:
        Mean and Student's 95 % interval; None where no episode has a value.

    >>> print(estimate([0.5, 0.7, float("nan")]).mean, estimate([float("nan")]))
    0.6 None
    """
    there = np.array([value for value in values if math.isfinite(value)])
    if not there.size:
        return None
    half = math.nan
    if there.size > 1:
        spread = float(there.std(ddof=1)) / math.sqrt(there.size)
        half = float(student.ppf((1 + CONFIDENCE) / 2, there.size - 1)) * spread
    return Estimate(float(there.mean()), half, int(there.size))


def _plain(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None
