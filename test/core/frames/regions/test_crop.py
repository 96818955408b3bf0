# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What of a picture the encoder gets to see of a region."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.frames.regions.crop import SMALLEST, crop, with_context
from vfrt_ros.core.types.region import Box


@pytest.mark.parametrize(
    ("box", "wider"),
    [
        pytest.param(Box(100, 100, 50, 50), Box(100, 100, 50, 50), id="a square one is what it is"),
        pytest.param(Box(100, 100, 50, 80), Box(100, 100, 50, 80), id="nearly square too"),
        pytest.param(Box(100, 100, 100, 10), Box(100, 80, 100, 50), id="a flat one becomes squarer"),
        pytest.param(Box(100, 100, 10, 100), Box(80, 100, 50, 100), id="a narrow one too"),
        pytest.param(Box(100, 100, 1, 1), Box(96, 96, SMALLEST, SMALLEST), id="a pixel"),
        pytest.param(Box(0, 0, 640, 480), Box(0, 0, 640, 480), id="the whole picture"),
    ],
)
def test_what_is_taken_of_a_box(box: Box, wider: Box) -> None:
    assert with_context(box, 640, 480) == wider


@pytest.mark.parametrize(
    ("box", "wider"), [(Box(100, 100, 50, 50), Box(95, 95, 60, 60)), (Box(0, 0, 50, 50), Box(0, 0, 55, 55))]
)
def test_context_is_added_on_each_side_as_far_as_the_picture_goes(box: Box, wider: Box) -> None:
    assert with_context(box, 640, 480, 0.1) == wider


@pytest.mark.parametrize("box", [Box(0, 0, 1, 1), Box(639, 479, 1, 1), Box(0, 479, 640, 1), Box(5, 5, 9, 70)])
def test_a_crop_is_a_part_of_the_picture_that_holds_the_box(box: Box) -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[box.y : box.bottom, box.x : box.right] = 200
    part = crop(picture, box)
    assert part.base is picture
    assert np.count_nonzero(part[..., 0]) == box.area
    assert 0 not in part.shape
