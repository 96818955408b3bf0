# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Every encoding of a raw image shows the same scene; what could be misread is refused by kind."""

from __future__ import annotations

import array
from dataclasses import replace

import cv2
import numpy as np
import pytest
from fixtures.picture_messages import HEIGHT, WIDTH, Message, message_of, scene

from vfrt_ros.core.frames.encodings import ENCODINGS, OTHER_NAMES
from vfrt_ros.core.frames.raw_image import frame_from_image
from vfrt_ros.core.types.errors import FrameError

SCENE = scene()
GREY = cv2.cvtColor(cv2.cvtColor(SCENE, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def worst(frame: np.ndarray, expected: np.ndarray) -> int:
    """The largest difference away from the border, where a Bayer pattern has no neighbours."""
    assert frame.shape == expected.shape
    assert frame.dtype == np.uint8
    return int(np.abs(frame.astype(int) - expected)[2:-2, 2:-2].max())


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("padding", [0, 6, 7], ids=["tight", "padded", "odd"])
@pytest.mark.parametrize("big", [False, True], ids=["little", "big"])
def test_every_encoding_shows_the_scene(name: str, padding: int, big: bool) -> None:
    frame = frame_from_image(message_of(name, SCENE, padding=padding, big=big))
    # Chroma is kept for pairs of pixels, and rounded.
    assert worst(frame, GREY if ENCODINGS[name].grey else SCENE) <= 8


SPELLINGS = {
    "capitals": ("BGR8", "bgr8"),
    "blanks around": (" bgr8 ", "bgr8"),
    "a line end": ("bgr8\n", "bgr8"),
    "a C string's end": ("bgr8\0", "bgr8"),
    "small untyped": ("8uc3", "8UC3"),
    "a blank within": ("YUV422 YUY2", "yuyv"),
    "Bayer with a hyphen": ("bayer-rggb8", "bayer_rggb8"),
    **{f"other name {name}": (name.upper(), encoding) for name, encoding in OTHER_NAMES.items()},
}


@pytest.mark.parametrize(("spelling", "name"), SPELLINGS.values(), ids=SPELLINGS)
def test_a_name_written_otherwise_is_that_encoding(spelling: str, name: str) -> None:
    message = message_of(name, SCENE)
    expected = frame_from_image(message)
    np.testing.assert_array_equal(frame_from_image(replace(message, encoding=spelling)), expected)


BGR = message_of("bgr8", SCENE)
PADDED = message_of("bgr8", SCENE, padding=8)
NV12 = message_of("nv12", SCENE)
UNTIDY = {
    "data longer than needed": replace(BGR, data=BGR.data + bytes(100)),
    "a page of data more": replace(BGR, data=BGR.data + bytes(4096)),
    "last row without its padding": replace(PADDED, data=PADDED.data[:-8]),
    "byte order told where there is none": replace(BGR, is_bigendian=255),
    "data as an array": replace(BGR, data=array.array("B", BGR.data)),
    "data as numpy has them": replace(BGR, data=np.frombuffer(BGR.data, np.uint8)),
    "step of NV12 with its chroma": replace(NV12, step=WIDTH * 3 // 2),
    "step of NV12 with two channels": replace(NV12, step=WIDTH * 2),
    "NV12 longer than needed": replace(NV12, data=NV12.data + bytes(WIDTH)),
    "step of NV24 with three channels": replace(message_of("nv24", SCENE), step=WIDTH * 3),
}


@pytest.mark.parametrize("message", UNTIDY.values(), ids=UNTIDY)
def test_an_untidy_message_is_used(message: Message) -> None:
    assert worst(frame_from_image(message), SCENE) <= 8


def cut(encoding: str, **changes: int) -> Message:
    return replace(message_of(encoding, SCENE), **changes)


MISREADABLE = {
    "depth in millimetres": (cut("bgr8", step=2 * WIDTH), {"encoding": "16UC1"}, "depth"),
    "depth in metres": (BGR, {"encoding": "32FC1"}, "depth"),
    "depth in doubles": (BGR, {"encoding": "64FC1"}, "depth"),
    "disparities": (BGR, {"encoding": "16sc1"}, "depth"),
    "three floats": (BGR, {"encoding": "32FC3"}, "encoding"),
    "two channels of nothing known": (BGR, {"encoding": "8UC2"}, "encoding"),
    "signed bytes": (BGR, {"encoding": "8SC3"}, "encoding"),
    "no name": (BGR, {"encoding": ""}, "encoding"),
    "a codec": (BGR, {"encoding": "h264"}, "encoding"),
    "a row cut off": (BGR, {"data": BGR.data[: -WIDTH * 3]}, "length"),
    "a byte short": (BGR, {"data": BGR.data[:-1]}, "length"),
    "padding told, not there": (BGR, {"step": WIDTH * 3 + 8}, "length"),
    "step of fewer pixels": (BGR, {"step": WIDTH * 3 - 1}, "step"),
    "step of 8 bits for 16": (message_of("mono16", SCENE), {"step": WIDTH}, "step"),
    "NV12 without its chroma": (NV12, {"data": NV12.data[: WIDTH * HEIGHT]}, "length"),
    "NV12 a byte short": (NV12, {"data": NV12.data[:-1]}, "length"),
    "NV12 padding told, not there": (NV12, {"step": WIDTH + 16}, "length"),
    "NV24 with NV12's chroma": (NV12, {"encoding": "nv24"}, "length"),
    "NV12 of odd width": (NV12, {"width": WIDTH - 1}, "step"),
    "NV12 of odd height": (NV12, {"height": HEIGHT - 1}, "step"),
    "YUYV of odd width": (message_of("yuyv", SCENE), {"width": WIDTH - 1}, "step"),
    "YUYV called BGR": (message_of("yuyv", SCENE), {"encoding": "bgr8"}, "step"),
    "no width": (BGR, {"width": 0}, "empty"),
    "no data": (BGR, {"data": b""}, "empty"),
    "a giant": (BGR, {"width": 2**32 - 1, "height": 2**32 - 1}, "too_large"),
}


@pytest.mark.parametrize(("message", "changes", "kind"), MISREADABLE.values(), ids=MISREADABLE)
def test_what_could_be_misread_is_refused(message: Message, changes: dict[str, object], kind: str) -> None:
    with pytest.raises(FrameError) as caught:
        frame_from_image(replace(message, **changes))
    assert caught.value.kind == kind
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 220


def test_a_refused_depth_names_what_a_thermal_camera_needs() -> None:
    with pytest.raises(FrameError, match="mono16"):
        frame_from_image(replace(BGR, encoding="16UC1"))


def test_bgr_is_not_copied() -> None:
    data = np.frombuffer(PADDED.data, np.uint8)
    assert np.shares_memory(frame_from_image(replace(PADDED, data=data)), data)


@pytest.mark.parametrize("name", [name for name in ENCODINGS if name.startswith("bayer")])
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (3, 3), (5, 4)], ids=str)
def test_a_small_mosaic_is_a_picture_of_its_size(name: str, size: tuple[int, int]) -> None:
    assert frame_from_image(message_of(name, scene(*size))).shape == (*size, 3)


def test_the_name_of_each_picture_encoding_stands_in_the_table() -> None:
    """Those of sensor_msgs/image_encodings but depth, floats, signed and unnamed channels."""
    named = [f"{name}{bits}" for name in ("rgb", "rgba", "bgr", "bgra", "mono") for bits in (8, 16)]
    named += [f"bayer_{pattern}{bits}" for pattern in ("rggb", "bggr", "gbrg", "grbg") for bits in (8, 16)]
    named += [
        "yuv422",
        "uyvy",
        "yuv422_yuy2",
        "yuyv",
        "nv21",
        "nv24",
        "nv12",
        "8UC1",
        "8UC3",
        "8UC4",
        "16UC3",
    ]
    assert set(named) <= set(ENCODINGS)
