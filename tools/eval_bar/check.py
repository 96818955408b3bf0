# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One thing that the bar asks for, what was measured, and whether it is reached."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum


class Limit(Enum):
    """Which way a figure may go."""

    AT_LEAST = "≥"
    MORE_THAN = ">"
    AT_MOST = "≤"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the bar.

    Attributes:
        point: Number of the point of the bar that it belongs to.
        what: What was measured, for people.
        figure: What came out.
        limit: Which way it may go.
        target: What it is held against.
        unit: Of both.
        note: What else is worth knowing.
    """

    point: int
    what: str
    figure: float
    limit: Limit
    target: float
    unit: str = ""
    note: str = ""

    @property
    def passed(self) -> bool:
        """True where the figure keeps the limit; NaN never does."""
        if not math.isfinite(self.figure):
            return False
        return {
            Limit.AT_LEAST: self.figure >= self.target,
            Limit.MORE_THAN: self.figure > self.target,
            Limit.AT_MOST: self.figure <= self.target,
        }[self.limit]

    @property
    def wanted(self) -> str:
        """The target in words: ``≥ 0.05``."""
        return f"{self.limit.value} {self.target:g}{self._suffix}"

    @property
    def measured(self) -> str:
        """The figure in words."""
        return f"{self.figure:.4g}{self._suffix}" if self.unit else f"{self.figure:.4f}"

    @property
    def _suffix(self) -> str:
        return f" {self.unit}" if self.unit else ""
