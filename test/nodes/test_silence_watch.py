# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from vfrt_ros.nodes.silence_watch import SILENCE_S, SilenceWatch


@pytest.fixture
def told() -> list[float]:
    return []


@pytest.fixture
def watch(told: list[float]) -> SilenceWatch:
    made = SilenceWatch(told.append)
    made.start(100.0)
    return made


def test_it_tells_once_for_each_silence(watch: SilenceWatch, told: list[float]) -> None:
    for tenth in range(120):
        watch.look(100.0 + tenth / 10)
    assert told == [pytest.approx(SILENCE_S, abs=0.1)]
    watch.arrived(112.0)
    assert not watch.told
    watch.arrived(112.1)
    watch.look(112.2 + SILENCE_S)
    assert len(told) == 2 and watch.told


def test_a_slow_camera_may_be_silent_for_some_of_its_periods(watch: SilenceWatch, told: list[float]) -> None:
    for number in range(5):
        watch.arrived(101.0 + 10 * number)
        watch.look(110.0 + 10 * number)
    assert watch.period == 10.0
    assert len(told) == 1, "after the first picture its period was not known"
    watch.look(141.0 + 29)
    assert len(told) == 1
    watch.look(141.0 + 31)
    assert len(told) == 2


def test_who_does_not_listen_misses_nothing(watch: SilenceWatch, told: list[float]) -> None:
    watch.stop()
    watch.arrived(150.0)
    watch.look(200.0)
    assert told == []
