# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Windows at a few scales, and the best one of each place."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.frames.regions.grid import GridSource, best_of_each_place, windows
from vfrt_ros.core.types.region import Box


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1920, 1080), (64, 64), (7, 5), (1, 1), (1000, 20)])
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


def test_a_better_window_suppresses_those_of_its_place() -> None:
    boxes = [Box(0, 0, 100, 100), Box(20, 0, 100, 100), Box(30, 30, 40, 40), Box(200, 0, 100, 100)]
    assert best_of_each_place(boxes, [0.5, 0.9, 0.8, 0.1]) == [1, 3]
    assert best_of_each_place(boxes, [0.5, 0.4, 0.8, 0.1]) == [2, 3]
    assert best_of_each_place([], []) == []
