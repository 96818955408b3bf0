# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.sources.fitter import describe_fit, fit


@pytest.mark.parametrize(
    ("have", "size"),
    [
        ((1280, 720), (640, 480)),
        ((480, 640), (640, 480)),
        ((1, 1), (640, 480)),
        ((5000, 1), (64, 48)),
        ((1, 5000), (64, 48)),
        ((641, 481), (640, 480)),
    ],
    ids=["wide", "upright", "one pixel", "one row", "one column", "one more"],
)
def test_every_size_becomes_the_size(have: tuple[int, int], size: tuple[int, int]) -> None:
    fitted = fit(np.full((have[1], have[0], 3), 7, np.uint8), size)
    assert fitted.shape == (size[1], size[0], 3)
    assert fitted.dtype == np.uint8
    assert (fitted == 7).all()


def test_the_right_size_is_not_copied() -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    assert fit(image, (64, 48)) is image


def test_the_middle_stays_and_nothing_is_stretched() -> None:
    image = np.zeros((100, 300, 3), np.uint8)
    image[30:70, 130:170] = 255
    fitted = fit(image, (200, 200))[..., 0] > 127
    rows, columns = np.flatnonzero(fitted.any(axis=1)), np.flatnonzero(fitted.any(axis=0))
    assert len(rows) == pytest.approx(80, abs=2)
    assert len(columns) == pytest.approx(80, abs=2)
    assert rows.mean() == pytest.approx(99.5, abs=1)
    assert columns.mean() == pytest.approx(99.5, abs=1)


@pytest.mark.parametrize(
    ("have", "expected"),
    [
        ((1280, 720), "frames of 1280x720 are cut at the sides and scaled to 640x480"),
        ((480, 640), "frames of 480x640 are cut at top and bottom and scaled to 640x480"),
        ((1280, 960), "frames of 1280x960 are scaled to 640x480"),
    ],
)
def test_it_is_said_in_words(have: tuple[int, int], expected: str) -> None:
    assert describe_fit(have, (640, 480)) == expected
