# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A summary of each label, for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vfrt_ros.core.memory.memory import Memory


@dataclass(frozen=True, slots=True)
class LabelSummary:
    """A label in numbers; `threshold` in [0, 1] is what a score of it is held against."""

    label: str
    examples: int
    negatives: int
    prompts: int
    threshold: float


def summarise(memory: Memory, thresholds: Mapping[str, float], templates: int) -> list[LabelSummary]:
    """One summary for each label, sorted by label.

    Args:
        memory: Whose labels.
        thresholds: By label; 0 where there is none.
        templates: How many prompts a label without prompts of its own has.
    """
    return [
        LabelSummary(
            label,
            memory.table.count(label),
            memory.table.negatives(label),
            (len(memory.prompts[label]) or templates) if label in memory.prompts else 0,
            thresholds.get(label, 0.0),
        )
        for label in memory.labels
    ]
