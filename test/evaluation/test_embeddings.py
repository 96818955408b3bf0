# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Embeddings are made once, belong to an encoder and a file's content, and survive broken files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.encoders.fake import FakeBackbone
from vfrt_ros.evaluation.dataset import load_dataset
from vfrt_ros.evaluation.embeddings import embed_files
from vfrt_ros.evaluation.features import embed_dataset

from .conftest import write_classes


class Counting(FakeBackbone):
    """Counts the pictures that it encodes."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.encoded = 0

    def encode_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        self.encoded += len(images)
        return super().encode_images(images)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return sorted(write_classes(tmp_path, 10, ("red", "blue")).rglob("*.png"))


def test_the_second_time_nothing_is_encoded(paths: list[Path]) -> None:
    backbone = Counting(1)
    first, second = embed_files(paths, backbone), embed_files(paths, backbone)
    assert backbone.encoded == len(paths)
    assert list(first) == paths
    for path in paths:
        np.testing.assert_array_equal(first[path], second[path])


def test_a_file_that_changed_and_another_encoder_are_encoded_anew(paths: list[Path]) -> None:
    backbone, other = Counting(2), Counting(3)
    before = embed_files(paths, backbone)
    paths[0].write_bytes(paths[-1].read_bytes())
    after = embed_files(paths, backbone)
    assert not np.array_equal(before[paths[0]], after[paths[0]])
    np.testing.assert_array_equal(after[paths[0]], after[paths[-1]])
    embed_files(paths, other)
    assert other.encoded >= len(paths) - 1


def test_rows_belong_to_their_files(paths: list[Path]) -> None:
    found = embed_files(paths, FakeBackbone(4))
    red, blue = (np.stack([found[p] for p in paths if p.parent.name == name]) for name in ("red", "blue"))
    assert (red @ red.T).min() > (red @ blue.T).max()


def test_a_broken_picture_is_named_and_left_out(split_folder: Path) -> None:
    broken = split_folder / "test" / "red" / "4.png"
    broken.write_bytes(broken.read_bytes()[:40])
    said: list[str] = []
    dataset, features = embed_dataset(load_dataset(split_folder), load_encoders("fake"), warn=said.append)
    assert len(said) == 1
    assert str(broken) in said[0]
    assert len(dataset.test) == len(features.test) == 23
    assert broken not in {picture.path for picture in dataset.test}
    for picture, label in zip(dataset.test, features.test_labels, strict=True):
        assert dataset.labels[label] == picture.label
