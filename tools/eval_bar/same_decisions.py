# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""No constant depends on the encoder: in a narrower, shifted space the same decisions come out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.eval_bar.check import Check, Limit
from vfrt_ros.evaluation.outcome import Outcome

LEAST_SAME = 0.97
"""Of the answers, labels and unknowns alike; noise is what float32 and iterations leave."""
MOST_OFF = 0.01


def same_decisions(name: str, own: Sequence[Outcome], other: Sequence[Outcome]) -> list[Check]:
    """Compare the same episodes in two spaces.

    Args:
        name: Of the setting, for people.
        own: Outcomes in the encoder's own space.
        other: Those of the same episodes in the other space.
    """
    same = np.mean([np.mean(a.answer == b.answer) for a, b in zip(own, other, strict=True)])
    checks = [Check(3, f"other space, the same answers: {name}", float(same), Limit.AT_LEAST, LEAST_SAME)]
    for metric in ("top1", "auroc", "rejected"):
        here, there = (np.mean([one.figures()[metric] for one in each]) for each in (own, other))
        checks.append(
            Check(
                3,
                f"other space, {metric} differs: {name}",
                float(abs(there - here)),
                Limit.AT_MOST,
                MOST_OFF,
                note=f"{here:.3f} and {there:.3f}",
            )
        )
    return checks
