# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Track numbers: who keeps one, who gets a new one."""

from __future__ import annotations

import pytest

from vfrt_ros.core.frames.regions import tracker as module
from vfrt_ros.core.frames.regions.tracker import LOST_AFTER, OWN_FROM, Tracker
from vfrt_ros.core.types.region import LARGEST_ID, Box, Region


def at(x: int, y: int = 100, number: int = 0, side: int = 60) -> Region:
    return Region(Box(x, y, side, side), number)


def test_things_that_cross_keep_their_numbers() -> None:
    """One passes above the other: their speeds tell them apart."""
    tracker = Tracker()
    for step in range(20):
        left, right = at(20 * step, 100), at(400 - 20 * step, 130)
        assert tracker.number([left, right], step / 10) == [1, 2]


def test_a_fast_thing_is_found_where_it_is_expected() -> None:
    """It moves by nearly its own side from picture to picture, once it has got going."""
    tracker = Tracker()
    places = [0, 20, 50, 90, 140, 195, 250, 305]
    assert {tracker.number([at(x)], n / 10)[0] for n, x in enumerate(places)} == {1}


def test_a_thing_that_is_missed_for_a_moment_keeps_its_number() -> None:
    tracker = Tracker()
    assert tracker.number([at(0)], 0.0) == [1]
    assert tracker.number([], 0.5) == []
    assert tracker.number([at(5)], 1.0) == [1]


def test_a_thing_that_was_gone_too_long_is_another_one() -> None:
    tracker = Tracker()
    tracker.number([at(0)], 0.0)
    assert tracker.number([at(0)], LOST_AFTER + 0.1) == [2]
    assert tracker.alive == {2}


def test_a_senders_numbers_are_kept_wherever_the_boxes_go() -> None:
    tracker = Tracker()
    assert tracker.number([at(0, number=7), at(300, number=9)], 0.0) == [7, 9]
    assert tracker.number([at(300, number=7), at(0, number=9)], 0.1) == [7, 9]


def test_our_numbers_stay_clear_of_a_senders() -> None:
    tracker = Tracker()
    assert tracker.number([at(0)], 0.0) == [1]
    assert tracker.number([at(300, number=1), at(0)], 0.1) == [1, OWN_FROM]
    assert tracker.number([at(0), at(300, number=1)], 0.2) == [OWN_FROM, 1]


def test_a_senders_number_that_stands_twice_is_one_things_only() -> None:
    assert Tracker().number([at(0, number=5), at(300, number=5)], 0.0) == [5, OWN_FROM]


def test_a_number_of_ours_is_none_that_the_sender_has_in_view() -> None:
    tracker = Tracker()
    assert tracker.number([at(300, number=OWN_FROM)], 0.0) == [OWN_FROM]
    assert tracker.number([at(0), at(600, number=OWN_FROM + 1)], 0.1) == [OWN_FROM + 2, OWN_FROM + 1]


def test_a_senders_number_ends_the_track_of_ours_that_has_it() -> None:
    tracker = Tracker()
    assert tracker.number([at(0), at(300, number=7)], 0.0) == [OWN_FROM, 7]
    assert tracker.number([at(0), at(300, number=OWN_FROM)], 0.1) == [OWN_FROM + 1, OWN_FROM]
    assert tracker.begun == {OWN_FROM, OWN_FROM + 1}
    assert tracker.number([at(0), at(300, number=OWN_FROM)], 0.2) == [OWN_FROM + 1, OWN_FROM]
    assert tracker.begun == frozenset()


@pytest.mark.parametrize(("begin", "step"), [(1, 1), (2**31, 1), (LARGEST_ID, -1)])
def test_a_sender_that_counts_never_meets_our_numbers(begin: int, step: int) -> None:
    tracker = Tracker()
    for n in range(50):
        numbers = tracker.number([at(0), at(300, number=begin + step * n)], n / 10)
        assert numbers == [OWN_FROM, begin + step * n]


def test_our_numbers_begin_again_behind_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OWN_FROM", LARGEST_ID - 1)
    tracker = Tracker()
    told = [tracker.number([at(0), at(300, number=7)], 10.0 * n)[0] for n in range(3)]
    assert told == [LARGEST_ID - 1, LARGEST_ID, LARGEST_ID - 1]


def test_where_time_runs_backwards_all_is_new() -> None:
    tracker = Tracker()
    tracker.number([at(0)], 100.0)
    assert tracker.number([at(0)], 3.0) == [2]


def test_without_stamps_pictures_follow_each_other() -> None:
    tracker = Tracker()
    assert [tracker.number([at(2 * n)], None) for n in range(5)] == [[1]] * 5


def test_after_a_reset_numbers_are_new() -> None:
    tracker = Tracker()
    tracker.number([at(0)], 0.0)
    tracker.reset()
    assert tracker.number([at(0)], 0.1) == [2]
