# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A space with other cosines keeps what is nearer to what."""

from __future__ import annotations

import numpy as np
import pytest

from tools.eval_bar.space import CLIP_BAND, Space, into_band
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.evaluation.dataset import load_dataset
from vfrt_ros.evaluation.features import Features, embed_dataset
from vfrt_ros.evaluation.run import RememberingBackbone


@pytest.fixture
def features(split_folder) -> Features:  # type: ignore[no-untyped-def]
    return embed_dataset(load_dataset(split_folder), load_encoders("fake"))[1]


def test_the_cosines_of_pictures_and_texts_lie_in_the_band(features: Features) -> None:
    moved = into_band(features).features(features)
    low, high = np.percentile(moved.test @ moved.text.T, (1, 99))
    assert (low, high) == pytest.approx(CLIP_BAND, abs=1e-5)


def test_every_cosine_is_shrunk_and_moved_alike(features: Features) -> None:
    space = Space(0.25, 0.1)
    moved = space.features(features)
    for rows in (moved.train, moved.test, moved.text):
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(
        moved.test @ moved.train.T, 0.25 * features.test @ features.train.T + 0.75, atol=1e-5
    )
    np.testing.assert_allclose(
        moved.test @ moved.text.T, 0.25 * features.test @ features.text.T + 0.75 * 0.1, atol=1e-5
    )


def test_a_band_that_is_too_wide_is_refused(features: Features) -> None:
    with pytest.raises(SettingError, match="cannot be shrunk"):
        into_band(features, (-1.0, 1.0))


def test_encoders_of_a_space_give_its_vectors_under_a_name_of_their_own() -> None:
    encoders, space = load_encoders("fake"), Space(0.5, 0.2)
    other = space.encoders(encoders)
    picture = np.full((8, 8, 3), 200, np.uint8)
    np.testing.assert_array_equal(
        other.backbone.encode_images([picture]), space.images(encoders.backbone.encode_images([picture]))
    )
    np.testing.assert_array_equal(
        other.text.encode_text(["red"]), space.texts(encoders.text.encode_text(["red"]))
    )
    assert other.backbone.dim == encoders.backbone.dim + 2
    assert other.backbone.fingerprint != encoders.backbone.fingerprint
    assert Space(0.5, 0.3).encoders(encoders).text.fingerprint != other.text.fingerprint


def test_pictures_seen_before_are_not_encoded_again() -> None:
    inner = load_encoders("fake").backbone
    backbone = RememberingBackbone(inner)
    dark, light = (np.full((8, 8, 3), value, np.uint8) for value in (20, 220))
    first, again = backbone.encode_images([dark]), backbone.encode_images([dark.copy()])
    assert again is first
    assert not np.array_equal(backbone.encode_images([light]), first)
