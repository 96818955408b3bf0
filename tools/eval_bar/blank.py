# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Point 3 of the bar: what an example that shows nothing of its label costs the scores of the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.eval_bar.check import Check, Limit
from vfrt_ros.evaluation.metrics import half_and_half
from vfrt_ros.evaluation.outcome import Outcome

MOST_LOST = 0.06
"""Of a score that should be right: half of what such an example cost when it was first seen."""


def blank_check(name: str, whole: Sequence[Outcome], with_blank: Sequence[Outcome]) -> Check:
    """How much lower scores are, measured by how often they are right.

    Args:
        name: Of the setting.
        whole: Episodes in which every example shows its label.
        with_blank: The same with some that show nothing.
    """
    before, after = (np.array([_too_high(one) for one in each]) for each in (whole, with_blank))
    note = f"score less share of right answers: {after.mean():+.3f} against {before.mean():+.3f}"
    lost = float(before.mean() - after.mean())
    return Check(
        3,
        f"score lost where one example in twelve shows nothing: {name}",
        lost,
        Limit.AT_MOST,
        MOST_LOST,
        note=note,
    )


def _too_high(outcome: Outcome) -> float:
    """Mean score of the best label less how often it is right; known and unknown objects count the same."""
    known = int(outcome.known.sum())
    weights = half_and_half(known, len(outcome.known) - known)
    return float(np.average(outcome.score - outcome.right, weights=weights))
