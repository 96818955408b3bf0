# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Image messages of any content: a frame, or a FrameError with a kind that can be counted."""

from __future__ import annotations

import array
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")

from fixtures.bad_images import BAD_COMPRESSED, BAD_IMAGES, compressed, encoded, jpeg_bomb, png_bomb
from hypothesis import example, given
from hypothesis import strategies as st
from sensor_msgs.msg import CompressedImage, Image

from vfrt_ros.core.frames.encodings import DEPTH, ENCODINGS
from vfrt_ros.core.frames.image_size import read_header
from vfrt_ros.core.types.errors import FrameError
from vfrt_ros.nodes.conversions import frame_from_compressed, frame_from_image

KINDS = {"encoding", "depth", "empty", "too_large", "step", "length", "conversion", "malformed"}
GOOD = [
    *(encoded(extension) for extension in (".jpg", ".png", ".webp", ".bmp", ".tiff")),
    encoded(".png", bits=16),
    png_bomb(),
    jpeg_bomb(),
]

sizes = st.one_of(st.integers(0, 40), st.integers(0, 2**32 - 1))
encodings = st.one_of(st.sampled_from([*ENCODINGS, *sorted(DEPTH)]), st.text(max_size=20))


@st.composite
def images(draw: Any) -> Image:
    """Messages of which most are nearly right: those find more than noise does."""
    encoding, width, height = draw(encodings), draw(sizes), draw(sizes)
    known = ENCODINGS.get(encoding)
    row = width * (known.pixel_bytes if known else draw(st.integers(1, 4)))
    step = draw(st.one_of(st.just(row), st.integers(0, 200), st.integers(0, 2**32 - 1)))
    whole = step * (known.rows(height) if known else height)
    length = draw(st.one_of(st.just(whole), st.integers(0, 500)))
    message = Image(encoding=encoding, width=width, height=height, step=min(step, 2**32 - 1))
    message.is_bigendian = draw(st.integers(0, 255))
    message.data = array.array("B", bytes(length if length <= 20_000 else 7))
    return message


def is_a_frame_or_refused(convert: Any, message: Any) -> bool:
    """Whether it becomes a small enough BGR frame, or is refused as a kind that there is, in a line."""
    try:
        frame = convert(message, max_megapixels=1.0)
    except FrameError as error:
        return error.kind in KINDS and 0 < len(str(error)) < 400
    return (
        frame.dtype == np.uint8
        and frame.ndim == 3
        and frame.shape[2] == 3
        and 0 < frame.shape[0] * frame.shape[1] <= 1e6
    )


def examples(messages: list[Any]) -> Any:
    """Every message of the bag of bad ones, as explicit examples."""

    def add(test: Any) -> Any:
        for message in messages:
            test = example(message)(test)
        return test

    return add


@examples([bad.message for bad in BAD_IMAGES])
@given(images())
def test_a_raw_image_is_a_frame_or_refused(message: Image) -> None:
    assert is_a_frame_or_refused(frame_from_image, message)


@st.composite
def damaged(draw: Any) -> bytes:
    """A good file with some bytes changed, cut or repeated."""
    data = bytearray(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        data[place : place + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


formats = st.one_of(
    st.sampled_from(
        ["jpeg", "bgr8; jpeg compressed bgr8", "bayer_rggb8; png compressed", "16UC1; compressedDepth png"]
    ),
    st.text(),
)


@examples([bad.message for bad in BAD_COMPRESSED])
@given(st.builds(compressed, st.one_of(damaged(), st.binary(max_size=300)), formats))
def test_a_compressed_image_is_a_frame_or_refused(message: CompressedImage) -> None:
    assert is_a_frame_or_refused(frame_from_compressed, message)


@given(st.one_of(damaged(), st.binary(max_size=300)))
def test_a_header_is_read_or_not(data: bytes) -> None:
    header = read_header(data)
    assert header is None or (header.width >= 0 and header.format in ("png", "jpeg", "webp", "bmp", "tiff"))
