# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The fake encoder is predictable, and behaves like a real one where it matters."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.encoders.fake import PALETTE, FakeBackbone, FakeText


@pytest.mark.parametrize("colour", PALETTE)
def test_a_colour_is_found_by_its_name(colour):
    image = np.full((20, 30, 3), PALETTE[colour], np.uint8)
    vector = FakeBackbone().encode_images([image])[0]
    cosines = FakeText().encode_text([f"a photo of a {name} thing" for name in PALETTE]) @ vector
    assert list(PALETTE)[int(np.argmax(cosines))] == colour
    assert cosines.max() > 0.8


def test_a_text_without_a_colour_is_near_nothing():
    images = [np.full((4, 4, 3), rgb, np.uint8) for rgb in PALETTE.values()]
    cosines = FakeBackbone().encode_images(images) @ FakeText().encode_text(["dog", "cup"]).T
    assert np.abs(cosines).max() < 0.35


def test_pictures_differ_by_their_shape():
    left, right = np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8, 3), np.uint8)
    left[:, :4], right[:, 4:] = 200, 200
    vectors = FakeBackbone().encode_images([left, right, left])
    assert vectors[0] @ vectors[1] < 0.95
    np.testing.assert_array_equal(vectors[0], vectors[2])


def test_seed():
    texts = ["dog"]
    np.testing.assert_array_equal(FakeText(1).encode_text(texts), FakeText(1).encode_text(texts))
    assert abs(float((FakeText(1).encode_text(texts) * FakeText(2).encode_text(texts)).sum())) < 0.5
    assert FakeText(1).fingerprint != FakeText(2).fingerprint


def test_nothing_in_nothing_out():
    assert FakeBackbone().encode_images([]).shape == FakeText().encode_text([]).shape == (0, FakeBackbone.dim)
