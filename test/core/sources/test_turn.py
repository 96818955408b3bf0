# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.sources.turn import Turn

# a b c
# d e f
PICTURE = np.array([[97, 98, 99], [100, 101, 102]], np.uint8)

TURNS = {
    "upright": (Turn(), "abc/def"),
    "on its right side": (Turn(90), "da/eb/fc"),
    "upside down": (Turn(180), "fed/cba"),
    "on its left side": (Turn(270), "cf/be/ad"),
    "left and right": (Turn(flip="horizontal"), "cba/fed"),
    "top and bottom": (Turn(flip="vertical"), "def/abc"),
    "both": (Turn(flip="both"), "fed/cba"),
    "turned, then mirrored": (Turn(90, "horizontal"), "ad/be/cf"),
}


@pytest.mark.parametrize(("turn", "expected"), TURNS.values(), ids=TURNS)
def test_what_becomes_of_a_picture(turn: Turn, expected: str) -> None:
    turned = turn.apply(np.repeat(PICTURE[:, :, None], 3, axis=2))
    assert "/".join("".join(chr(pixel[0]) for pixel in row) for row in turned) == expected
    assert turned.flags.c_contiguous
    assert turned.dtype == np.uint8


@pytest.mark.parametrize(
    ("rotate", "size"), [(0, (64, 48)), (90, (48, 64)), (180, (64, 48)), (270, (48, 64))]
)
def test_the_camera_is_asked_for_the_size_that_fits_after_the_turn(
    rotate: int, size: tuple[int, int]
) -> None:
    assert Turn(rotate).size_before((64, 48)) == size
