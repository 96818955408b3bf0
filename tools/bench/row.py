# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One line of the bench's table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class BenchRow:
    """A target and what was measured.

    Attributes:
        name: What it is about.
        target: In words.
        figure: What was measured, for people.
        reached: Whether the target is met; None where it is only told, or could not be measured.
        ratios: What the policy watches, by name; higher is better in each.
        details: Whatever else was measured, for the JSON.
    """

    name: str
    target: str
    figure: str
    reached: bool | None
    ratios: dict[str, float] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """For people."""
        return {True: "reached", False: "not reached", None: "–"}[self.reached]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "target": self.target,
            "figure": self.figure,
            "reached": self.reached,
            "ratios": {name: round(value, 4) for name, value in self.ratios.items()},
            "details": self.details,
        }


def failed(name: str, target: str, why: str) -> BenchRow:
    """A row that could not be measured."""
    return BenchRow(name, target, f"not measured: {why}", None)
