# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Messages in, frames out, and back; the bad ones refused by name."""

from __future__ import annotations

import array

import numpy as np
import pytest

pytest.importorskip("rclpy")

from fixtures.bad_images import (
    BAD_COMPRESSED,
    BAD_IMAGES,
    HEIGHT,
    WIDTH,
    BadCompressed,
    BadImage,
    compressed,
    encoded,
    image,
)
from std_msgs.msg import Header

from vfrt_ros.core.types.errors import FrameError
from vfrt_ros.nodes.conversions import (
    compressed_from_frame,
    frame_from_compressed,
    frame_from_image,
    image_from_frame,
)

RED = (10, 20, 200)  # BGR


def red_bytes(encoding: str) -> bytes:
    b, g, r = RED
    pixel = {
        "bgr8": (b, g, r),
        "rgb8": (r, g, b),
        "bgra8": (b, g, r, 255),
        "rgba8": (r, g, b, 255),
        "mono8": (77,),
    }
    return bytes(pixel[encoding]) * (WIDTH * HEIGHT)


@pytest.mark.parametrize("case", BAD_IMAGES, ids=lambda case: case.name)
def test_a_bad_image_is_refused_by_kind(case: BadImage) -> None:
    with pytest.raises(FrameError) as caught:
        frame_from_image(case.message)
    assert caught.value.kind == case.kind
    assert 10 < len(str(caught.value)) < 200


@pytest.mark.parametrize("case", BAD_COMPRESSED, ids=lambda case: case.name)
def test_a_bad_compressed_image_is_refused_by_kind(case: BadCompressed) -> None:
    with pytest.raises(FrameError) as caught:
        frame_from_compressed(case.message)
    assert caught.value.kind == case.kind
    assert 10 < len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("bgr8", RED), ("rgb8", RED), ("bgra8", RED), ("rgba8", RED), ("mono8", (77, 77, 77))],
)
@pytest.mark.parametrize("padding", [0, 5], ids=["tight", "padded"])
@pytest.mark.parametrize("big_endian", [0, 1], ids=["little", "big"])
def test_accepted_encodings_become_bgr(
    encoding: str, expected: tuple[int, ...], padding: int, big_endian: int
) -> None:
    rows = np.frombuffer(red_bytes(encoding), np.uint8).reshape(HEIGHT, -1)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=99)
    msg = image(encoding, step=padded.shape[1], is_bigendian=big_endian)
    msg.data = array.array("B", padded.tobytes())
    frame = frame_from_image(msg)
    assert frame.shape == (HEIGHT, WIDTH, 3)
    assert frame.dtype == np.uint8
    assert (frame == expected).all()


def test_what_is_sent_is_what_arrives() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    header = Header(frame_id="eye")
    msg = image_from_frame(frame, header)
    assert (msg.width, msg.height, msg.step, msg.encoding) == (WIDTH, HEIGHT, WIDTH * 3, "bgr8")
    assert msg.header == header
    assert (frame_from_image(msg) == frame).all()


def test_a_slice_of_a_frame_can_be_sent() -> None:
    frame = np.arange(20 * 30 * 3).reshape(20, 30, 3).astype(np.uint8)[::2, 5:25]
    assert (frame_from_image(image_from_frame(frame, Header())) == frame).all()


def test_a_jpeg_comes_back_nearly_the_same() -> None:
    frame = np.full((48, 64, 3), RED, np.uint8)
    msg = compressed_from_frame(frame, Header(frame_id="eye"))
    assert msg.format == "bgr8; jpeg compressed bgr8"
    assert msg.header.frame_id == "eye"
    assert np.abs(frame_from_compressed(msg).astype(int) - frame).max() <= 4


def test_lower_quality_is_smaller() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    sizes = [len(compressed_from_frame(frame, Header(), quality).data) for quality in (20, 95)]
    assert sizes[0] < sizes[1]


def test_a_png_is_exact_and_its_format_field_need_not_fit() -> None:
    frame = frame_from_compressed(compressed(encoded(".png"), told_format="whatever"))
    assert (frame == np.arange(WIDTH * HEIGHT * 3).reshape(HEIGHT, WIDTH, 3).astype(np.uint8)).all()


def test_the_limit_is_the_callers() -> None:
    with pytest.raises(FrameError, match="limit of 1e-05 megapixels"):
        frame_from_image(image(), max_megapixels=0.00001)
    with pytest.raises(FrameError, match="megapixels"):
        frame_from_compressed(compressed(encoded(".jpg")), max_megapixels=0.00001)
