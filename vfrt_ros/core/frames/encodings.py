# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The encodings of `sensor_msgs/Image` that hold a picture, and the ones that do not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

import cv2

from vfrt_ros.core.types.errors import FrameError, nearest


class Layout(Enum):
    """How the samples of a picture lie in its rows."""

    PACKED = "packed"
    YUV_422 = "4:2:2"
    YUV_420 = "4:2:0"
    YUV_444 = "4:4:4"


_ROWS = {Layout.YUV_420: 1.5, Layout.YUV_444: 3.0}
_EVEN_HEIGHT = frozenset({Layout.YUV_420})
_EVEN_WIDTH = frozenset({Layout.YUV_420, Layout.YUV_422})


@dataclass(frozen=True, slots=True)
class Encoding:
    """One encoding.

    Attributes:
        name: As `sensor_msgs/image_encodings` writes it.
        channels: Samples of a pixel in the first plane.
        bits: Of a sample, 8 or 16.
        to_bgr: The code with which OpenCV turns `channels` samples of 8 bits into BGR; None = they are BGR.
        layout: How the samples lie.
        grey: There is one sample of brightness for each pixel, and no colour.
        taken_as: What the name leaves open and we assume; empty = it leaves nothing open.
    """

    name: str
    channels: int
    bits: int = 8
    to_bgr: int | None = None
    layout: Layout = Layout.PACKED
    grey: bool = False
    taken_as: str = ""

    @property
    def pixel_bytes(self) -> int:
        """Bytes of a pixel in the first plane."""
        return self.channels * self.bits // 8

    def rows(self, height: int) -> int:
        """Rows of `step` bytes that a picture of this height has, all planes together."""
        return int(_ROWS.get(self.layout, 1.0) * height)

    def unfit(self, width: int, height: int) -> str:
        """Why there is no picture of this size in the encoding; empty = there is."""
        if self.layout in _EVEN_WIDTH and width % 2:
            return f"{self.layout.value} needs an even width"
        if self.layout in _EVEN_HEIGHT and height % 2:
            return f"{self.layout.value} needs an even height"
        return ""


def _colours(name: str, channels: int, to_bgr: int | None) -> list[Encoding]:
    return [Encoding(f"{name}{bits}", channels, bits, to_bgr) for bits in (8, 16)]


def _untyped(name: str, channels: int, bits: int, to_bgr: int | None, taken_as: str) -> Encoding:
    return Encoding(name, channels, bits, to_bgr, grey=channels == 1, taken_as=taken_as)


def _bayer(pattern: str, to_bgr: int) -> list[Encoding]:
    return [Encoding(f"bayer_{pattern}{bits}", 1, bits, to_bgr) for bits in (8, 16)]


def _pairs(to_bgr: int, *names: str) -> list[Encoding]:
    return [Encoding(name, 2, 8, to_bgr, Layout.YUV_422) for name in names]


ENCODINGS: dict[str, Encoding] = {
    encoding.name: encoding
    for encoding in (
        *_colours("bgr", 3, None),
        *_colours("rgb", 3, cv2.COLOR_RGB2BGR),
        *_colours("bgra", 4, cv2.COLOR_BGRA2BGR),
        *_colours("rgba", 4, cv2.COLOR_RGBA2BGR),
        *(Encoding(f"mono{bits}", 1, bits, cv2.COLOR_GRAY2BGR, grey=True) for bits in (8, 16)),
        _untyped("8UC1", 1, 8, cv2.COLOR_GRAY2BGR, "mono8"),
        _untyped("8UC3", 3, 8, None, "bgr8"),
        _untyped("8UC4", 4, 8, cv2.COLOR_BGRA2BGR, "bgra8"),
        _untyped("16UC3", 3, 16, None, "bgr16"),
        _untyped("16UC4", 4, 16, cv2.COLOR_BGRA2BGR, "bgra16"),
        # OpenCV calls a pattern by the second and third pixel of its second row.
        *_bayer("rggb", cv2.COLOR_BayerBG2BGR),
        *_bayer("bggr", cv2.COLOR_BayerRG2BGR),
        *_bayer("gbrg", cv2.COLOR_BayerGR2BGR),
        *_bayer("grbg", cv2.COLOR_BayerGB2BGR),
        *_pairs(cv2.COLOR_YUV2BGR_UYVY, "uyvy", "yuv422"),
        *_pairs(cv2.COLOR_YUV2BGR_YUY2, "yuyv", "yuv422_yuy2"),
        Encoding("nv12", 1, 8, cv2.COLOR_YUV2BGR_NV12, Layout.YUV_420),
        Encoding("nv21", 1, 8, cv2.COLOR_YUV2BGR_NV21, Layout.YUV_420),
        Encoding("nv24", 1, 8, None, Layout.YUV_444),
    )
}
"""Every encoding that holds a picture, by name."""

OTHER_NAMES = {
    "8u": "8UC1",
    "mono": "mono8",
    "uyvy422": "uyvy",
    "yuv422_uyvy": "uyvy",
    "yuv422_yuyv": "yuyv",
    "yuy2": "yuyv",
    "yuyv422": "yuyv",
}
"""Names that drivers use beside those of `sensor_msgs/image_encodings`."""

DEPTH = frozenset({"16UC1", "16SC1", "32SC1", "32FC1", "64FC1", "16U"})
"""Encodings of distances, not of brightness."""

_BY_KEY = {name.lower(): encoding for name, encoding in ENCODINGS.items()} | {
    other: ENCODINGS[name] for other, name in OTHER_NAMES.items()
}
_DEPTH_KEYS = frozenset(name.lower() for name in DEPTH)
_NUMBERS = re.compile(r"(8|16|32|64)[usf](c\d*)?")


def find_encoding(name: str) -> Encoding:
    """The encoding of this name, whatever its case and the blanks around it.

    Raises:
        FrameError: `kind` is depth where the name stands for distances, encoding where it is unknown or where its
            channels have no agreed meaning.

    >>> find_encoding(" BGR8").name
    'bgr8'
    """
    key = re.sub(r"[\s\-]+", "_", name.replace("\0", " ").strip()).lower()
    encoding = _BY_KEY.get(key)
    if encoding is not None:
        return encoding
    if key in _DEPTH_KEYS:
        raise FrameError(
            "depth",
            f"Encoding {shown(name)} holds distances, not a picture; a thermal or grey camera's is called mono16.",
        )
    if _NUMBERS.fullmatch(key):
        raise FrameError(
            "encoding",
            f"Encoding {shown(name)} says nothing of colours, and nothing is agreed for it; "
            "publish bgr8, mono16 or another named one.",
        )
    raise FrameError(
        "encoding",
        f"Encoding {shown(name)} is not known; expected bgr8, mono8, yuyv or another of "
        f"sensor_msgs/image_encodings.{nearest(key[:40], _BY_KEY)}",
    )


def shown(text: str) -> str:
    """A text of a message for a line of ours: quoted, and at most 40 characters of it."""
    return repr(text if len(text) <= 40 else text[:39] + "…")
