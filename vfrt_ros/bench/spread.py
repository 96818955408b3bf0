# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A measured quantity: its middle, and how far it spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Median, and the 10th and 90th of 100, of `n` measurements in one unit."""

    median: float
    low: float
    high: float
    n: int

    def text(self, factor: float = 1.0, digits: int = 2) -> str:
        """For people.

        >>> Quantiles(0.0431, 0.0402, 0.0467, 50).text(1e3, 1)
        '43.1 (40.2 … 46.7)'
        """
        middle, low, high = (f"{factor * value:.{digits}f}" for value in (self.median, self.low, self.high))
        return f"{middle} ({low} … {high})"

    def as_dict(self) -> dict[str, float]:
        """Plain values."""
        return asdict(self)


def spread(values: Sequence[float] | npt.NDArray) -> Quantiles:
    """Of at least one value.

    >>> spread([3.0, 1.0, 2.0]).median
    2.0
    """
    low, median, high = np.percentile(np.asarray(values, float), (10, 50, 90))
    return Quantiles(float(median), float(low), float(high), len(values))
