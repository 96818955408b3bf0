# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Squares for a network, and what is no picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vfrt_ros.core.encoders.banded import Banded
from vfrt_ros.core.encoders.preprocess import centre_square, check_rgb, resize_square
from vfrt_ros.core.types.errors import FrameError


@pytest.mark.parametrize(
    "shape, fraction, corner, side",
    [
        ((480, 640), 1.0, (0, 80), 480),
        ((480, 640), 224 / 256, (30, 110), 420),
        ((7, 4), 1.0, (1, 0), 4),
        ((1, 1), 0.5, (0, 0), 1),
    ],
    ids=["whole short side", "seven eighths", "upright, odd", "one pixel"],
)
def test_centre_square(shape, fraction, corner, side):
    image = np.arange(shape[0] * shape[1] * 3, dtype=np.int64).reshape(*shape, 3)
    square = centre_square(image, fraction)
    assert square.shape == (side, side, 3)
    assert square.base is not None
    np.testing.assert_array_equal(square[0, 0], image[corner])


def test_shrinking_averages_and_enlarging_interpolates():
    checks = np.indices((8, 8)).sum(0) % 2 * 255
    image = np.repeat(checks[..., None], 3, axis=2).astype(np.uint8)
    assert np.ptp(resize_square(image, 4)) == 0
    step = np.zeros((2, 2, 3), np.uint8)
    step[:, 1] = 200
    assert len(np.unique(resize_square(step, 16))) > 4


@pytest.mark.parametrize("side", [225, 420, 448, 500, 640, 895, 1000])
def test_shrinking_is_as_of_opencv(side):
    image = np.random.default_rng(side).integers(0, 256, (side, side + 2, 3), np.uint8)[:, 1:-1]
    expected = cv2.resize(image, (224, 224), interpolation=cv2.INTER_AREA)
    difference = np.abs(resize_square(image, 224).astype(int) - expected)
    assert difference.max() <= 1
    assert np.count_nonzero(difference) < 1e-3 * difference.size


@pytest.mark.parametrize("rows, columns, width", [(1, 1, 1), (7, 20, 3), (224, 420, 4), (30, 10, 2)])
def test_bands_multiply_as_the_whole_matrix(rows, columns, width):
    random = np.random.default_rng(rows)
    dense = np.zeros((rows, columns))
    for row in range(rows):
        start = min(row * columns // rows, columns - width // 2 - 1) if columns > width else 0
        dense[row, start : start + width] = random.uniform(0.1, 1.0, dense[row, start : start + width].shape)
    banded = Banded.of(dense)
    factor = random.uniform(size=(columns, 5)).astype(np.float32)
    np.testing.assert_allclose(banded @ factor[banded.used], dense @ factor, rtol=1e-5)


@pytest.mark.parametrize(
    "image, kind, message",
    [
        (np.zeros((2, 2, 3), np.uint16), "dtype", "got uint16"),
        ([[1]], "dtype", "got list"),
        (np.zeros((2, 2, 4), np.uint8), "shape", r"got \(2, 2, 4\)"),
        (np.zeros((2, 0, 3), np.uint8), "empty", r"got shape \(2, 0, 3\)"),
    ],
    ids=["sixteen bits", "no array", "four channels", "no pixels"],
)
def test_what_is_no_picture(image, kind, message):
    with pytest.raises(FrameError, match=message) as error:
        check_rgb(image)
    assert error.value.kind == kind
