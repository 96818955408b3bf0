# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Windows at a few scales, and the best one of each place."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from vfrt_ros.core.frames.regions.grid import MOST_WINDOWS, GridSource, best_of_each_place, windows
from vfrt_ros.core.types.region import Box

LONG = {
    "one size less": (6000, 1000),
    "the largest size only": (4000, 300),
    "one row": (20000, 200),
    "one row, upright": (200, 20000),
    "one row, further apart": (20000, 80),
    "one row of longer windows": (30000, 20),
    "one line of pixels": (9999, 1),
}


@pytest.mark.parametrize(
    "size", [(640, 480), (480, 640), (1920, 1080), (64, 64), (7, 5), (1, 1), (1000, 20), *LONG.values()]
)
def test_windows_cover_the_picture_and_stay_inside(size: tuple[int, int]) -> None:
    width, height = size
    covered = np.zeros((height, width), bool)
    for box in windows(width, height):
        assert box == box.cut(width, height)
        assert box.area > 0
        covered[box.y : box.bottom, box.x : box.right] = True
    assert covered.all()


def test_the_source_looks_through_all_windows() -> None:
    source = GridSource(camera="front")
    regions = source.propose(np.zeros((480, 640, 3), np.uint8), None)
    assert [region.box for region in regions] == windows(640, 480)
    assert source.searches


@pytest.mark.parametrize("size", LONG.values(), ids=LONG)
def test_a_long_picture_has_no_more_windows_than_the_limit(size: tuple[int, int]) -> None:
    boxes = windows(*size)
    assert 0 < len(boxes) <= MOST_WINDOWS
    assert len(set(boxes)) == len(boxes)


def test_an_ordinary_picture_has_windows_of_all_sizes() -> None:
    assert {box.width for box in windows(3840, 1080)} == {810, 540, 378}


def test_a_long_picture_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    source = GridSource(camera="front")
    with caplog.at_level(logging.WARNING):
        for width in (100, 3000, 3000, 4000):
            source.propose(np.zeros((100, width, 3), np.uint8), None)
            source.reset()
    (record,) = caplog.records
    assert "camera front" in record.getMessage()
    assert "3000x100" in record.getMessage()


def test_a_better_window_suppresses_those_of_its_place() -> None:
    boxes = [Box(0, 0, 100, 100), Box(20, 0, 100, 100), Box(30, 30, 40, 40), Box(200, 0, 100, 100)]
    assert best_of_each_place(boxes, [0.5, 0.9, 0.8, 0.1]) == [1, 3]
    assert best_of_each_place(boxes, [0.5, 0.4, 0.8, 0.1]) == [2, 3]
    assert best_of_each_place([], []) == []
