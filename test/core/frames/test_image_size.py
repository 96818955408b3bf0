# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
import pytest

from vfrt_ros.core.frames.image_size import EncodedImage, read_header


def encoded(extension: str, flags: list[int] | None = None) -> bytes:
    image = np.random.default_rng(0).integers(0, 256, (30, 50, 3), dtype=np.uint8)
    return cv2.imencode(extension, image, flags or [])[1].tobytes()


@pytest.mark.parametrize(
    ("data", "image_format"),
    [
        (encoded(".png"), "png"),
        (encoded(".jpg"), "jpeg"),
        (encoded(".jpg", [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]), "jpeg"),
        (encoded(".jpg", [cv2.IMWRITE_JPEG_RST_INTERVAL, 2]), "jpeg"),
        (encoded(".jpg") + bytes(1000), "jpeg"),
    ],
    ids=["png", "baseline", "progressive", "restart markers", "padded"],
)
def test_the_size_is_read(data: bytes, image_format: str) -> None:
    assert read_header(data) == EncodedImage(image_format, 50, 30, 8, complete=True)


@pytest.mark.parametrize("extension", [".png", ".jpg"])
def test_every_cut_is_noticed(extension: str) -> None:
    data = encoded(extension)
    for length in range(0, len(data) - 8, 7):
        header = read_header(data[:length])
        assert header is None or not header.complete, length


def test_junk_between_jpeg_segments_has_no_size() -> None:
    data = encoded(".jpg")
    assert read_header(data[:20] + b"junk" + data[24:]) is None


def test_a_segment_of_no_length_does_not_hang() -> None:
    assert read_header(b"\xff\xd8" + b"\xff\xe0\x00\x00" * 1000) is None
