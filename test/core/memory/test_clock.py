# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The hybrid logical clock."""

from __future__ import annotations

import pytest

from vfrt_ros.core.memory.clock import HybridClock, from_seconds, to_seconds

DAY = 24 * 3600.0


@pytest.mark.parametrize("jump", [0.0, 1.0, -1.0, DAY, -DAY, 1e-4])
def test_readings_increase_whatever_the_physical_clock_does(jump: float) -> None:
    now = [1.7e9]
    clock = HybridClock(lambda: now[0])
    readings = [clock.tick() for _ in range(3)]
    now[0] += jump
    readings += [clock.tick() for _ in range(3)]
    assert readings == sorted(set(readings))


def test_a_reading_follows_the_physical_clock_where_it_runs_forward() -> None:
    assert to_seconds(HybridClock(lambda: 1234.5).tick()) == 1234.5


def test_it_is_later_than_what_it_saw() -> None:
    clock = HybridClock(lambda: 10.0)
    clock.saw(from_seconds(50.0))
    assert to_seconds(clock.tick()) >= 50.0


@pytest.mark.parametrize(("ahead", "far"), [(-DAY, False), (0, False), (DAY - 1, False), (DAY + 1, True)])
def test_more_than_a_day_ahead_is_far(ahead: float, far: bool) -> None:
    clock = HybridClock(lambda: 1.7e9)
    assert clock.is_far_ahead(from_seconds(1.7e9 + ahead)) is far
