# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The rate limit: as many as it says, none lost to jitter, no burst after a pause."""

from __future__ import annotations

import itertools

import pytest

from vfrt_ros.core.worker.rate_limit import RateLimit

RATES = {
    "no limit": (0.0, 100.0, 1000),
    "a third": (10.0, 30.0, 101),
    "no multiple": (20.0, 30.0, 201),
    "the camera is slower": (50.0, 30.0, 300),
    "the camera is as fast": (30.0, 30.0, 300),
    "the camera is hardly slower": (10.0, 9.9, 99),
    "less than one a second": (0.5, 30.0, 6),
}


def passed(rate: float, times: list[float]) -> list[float]:
    limit = RateLimit()
    return [time for time in times if limit.allows(time, rate)]


@pytest.mark.parametrize(("rate", "fps", "expected"), RATES.values(), ids=RATES.keys())
def test_ten_seconds_of_frames(rate, fps, expected) -> None:
    times = [1000 + number / fps for number in range(round(10 * fps))]
    assert len(passed(rate, times)) == pytest.approx(expected, abs=1)


def test_jitter_costs_nothing() -> None:
    times = [1000 + number / 10 + 0.004 * (-1) ** number for number in range(100)]
    assert len(passed(10.0, times)) == 100


def test_no_burst_after_a_pause() -> None:
    times = [1000.0, *(1050 + number / 100 for number in range(100))]
    let_through = passed(10.0, times)
    assert min(b - a for a, b in itertools.pairwise(let_through)) > 0.08
    assert len(let_through) == pytest.approx(11, abs=1)
