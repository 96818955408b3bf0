# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes find their picture, whichever comes first."""

from __future__ import annotations

from vfrt_ros.core.frames.regions.stamp_pairs import PICTURE_BYTES, PICTURES, WAITING, StampPairs

LIMIT = 50


def pairs() -> StampPairs[str, str]:
    return StampPairs(lambda picture: 1)


def test_boxes_after_their_picture() -> None:
    made = pairs()
    for n in range(5):
        assert made.add_picture(100 * n, f"picture {n}", LIMIT) == []
    assert made.add_boxes(100, "boxes", LIMIT) == [("picture 1", "boxes")]


def test_boxes_before_their_picture() -> None:
    made = pairs()
    assert made.add_boxes(100, "boxes", LIMIT) == []
    assert made.add_picture(0, "before", LIMIT) == []
    assert made.add_picture(100, "picture", LIMIT) == [("picture", "boxes")]
    assert made.missed == 0


def test_the_picture_with_the_same_stamp_is_taken_and_not_one_beside_it() -> None:
    made = pairs()
    for stamp in (100, 101, 102):
        made.add_picture(stamp, str(stamp), LIMIT)
    assert made.add_boxes(101, "boxes", LIMIT) == [("101", "boxes")]


def test_of_pictures_without_stamps_the_newest_is_taken() -> None:
    made = pairs()
    for picture in ("old", "new"):
        made.add_picture(0, picture, LIMIT)
    assert made.add_boxes(0, "boxes", LIMIT) == [("new", "boxes")]


def test_without_the_same_stamp_the_nearest_is_taken_once_a_later_one_is_there() -> None:
    made = pairs()
    made.add_picture(100, "a", LIMIT)
    assert made.add_boxes(120, "boxes", LIMIT) == []
    assert made.add_picture(130, "b", LIMIT) == [("b", "boxes")]


def test_boxes_that_fit_no_picture_are_counted() -> None:
    made = pairs()
    made.add_picture(1000, "a", LIMIT)
    assert made.add_boxes(100, "too old", LIMIT) == []
    assert made.missed == 1
    made.add_boxes(1100, "between", LIMIT)
    assert made.add_picture(1200, "b", LIMIT) == []
    assert made.missed == 2


def test_boxes_of_a_clock_that_is_ahead_do_not_pile_up() -> None:
    made = pairs()
    for n in range(WAITING + 3):
        made.add_boxes(10**9 + n, "boxes", LIMIT)
    assert made.missed == 3


def test_old_pictures_go() -> None:
    made = pairs()
    for n in range(PICTURES + 1):
        made.add_picture(100 * n, str(n), LIMIT)
    assert made.add_boxes(0, "boxes", 20) == []
    assert made.add_boxes(100, "boxes", 20) == [("1", "boxes")]


def test_large_pictures_are_kept_few_but_the_newest_always() -> None:
    made = StampPairs[str, str](lambda picture: PICTURE_BYTES)
    made.add_picture(0, "a", LIMIT)
    made.add_picture(100, "b", LIMIT)
    assert made.add_boxes(100, "boxes", LIMIT) == [("b", "boxes")]
    assert made.add_boxes(0, "boxes", LIMIT) == []


def test_a_clock_that_jumps_back_begins_anew() -> None:
    made = pairs()
    made.add_picture(1000, "of the first turn", LIMIT)
    made.add_picture(10, "of the second", LIMIT)
    assert made.add_boxes(10, "boxes", LIMIT) == [("of the second", "boxes")]
    made.add_boxes(1000, "boxes of the first", LIMIT)
    made.add_picture(60, "later", LIMIT)
    assert made.add_boxes(60, "later boxes", LIMIT) == [("later", "later boxes")]
