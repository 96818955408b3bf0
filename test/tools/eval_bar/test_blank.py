# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What examples that show nothing cost the scores."""

from __future__ import annotations

import numpy as np
import pytest

from tools.eval_bar.blank import blank_check
from vfrt_ros.evaluation.outcome import Outcome


def outcome(score: float) -> Outcome:
    """Two right answers to what is known, and two questions about something unknown with a score of 0."""
    known = np.array([True, True, False, False])
    return Outcome(
        classes=np.array([0]),
        truth=np.array([0, 0, 1, 1]),
        known=known,
        best=np.zeros(4, np.int64),
        familiarity=np.zeros(4),
        score=np.where(known, score, 0.0),
        named=known,
    )


@pytest.mark.parametrize(("with_blank", "passes"), [(0.8, True), (0.7, False)])
def test_scores_may_fall_by_so_much(with_blank: float, passes: bool) -> None:
    check = blank_check("things", [outcome(0.9)], [outcome(with_blank)])
    assert check.figure == pytest.approx((0.9 - with_blank) / 2)
    assert check.passed is passes
