# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Means with honest intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from vfrt_ros.evaluation.estimate import estimate


def test_the_interval_is_student_s() -> None:
    values = [0.5, 0.7, 0.65, 0.4]
    own = estimate(values)
    expected = ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert own is not None
    assert (own.low, own.high) == pytest.approx((expected.low, expected.high))


def test_it_holds_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    holds = []
    for _ in range(400):
        own = estimate(list(random.normal(0.3, 1.0, 6)))
        assert own is not None
        holds.append(own.low <= 0.3 <= own.high)
    assert np.mean(holds) == pytest.approx(0.95, abs=0.035)


def test_what_was_not_measured_is_not_made_up() -> None:
    assert estimate([math.nan, math.nan]) is None
    one = estimate([0.4, math.nan])
    assert one is not None
    assert one.as_dict() == {"mean": 0.4, "low": None, "high": None, "episodes": 1}
