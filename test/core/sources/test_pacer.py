# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from vfrt_ros.core.sources.reading import Pacer


@pytest.mark.parametrize(
    ("native", "wanted", "expected"),
    [
        (30, 30, 300),
        (29.97, 30, 300),
        (30, 29.97, 300),
        (60, 30, 300),
        (40, 30, 300),
        (25, 30, 250),
        (30, 1, 10),
    ],
    ids=["equal", "a little slower", "a little faster", "twice", "four thirds", "slower", "much faster"],
)
def test_the_mean_rate_is_the_lower_one(native: float, wanted: float, expected: int) -> None:
    pacer = Pacer(wanted)
    accepted = sum(pacer.accept(number / native) for number in range(round(native * 10)))
    assert accepted == pytest.approx(expected, abs=2)


def test_a_camera_that_jitters_loses_no_frame() -> None:
    pacer = Pacer(30)
    jitter = (0.0, 0.006, -0.006, 0.004, -0.004) * 20
    assert all(pacer.accept(number / 30 + early) for number, early in enumerate(jitter))


def test_after_a_pause_there_is_no_burst() -> None:
    pacer = Pacer(10)
    assert pacer.accept(0)
    assert pacer.accept(5.0)
    assert [pacer.accept(5.0 + n / 100) for n in range(1, 20)].count(True) <= 2
