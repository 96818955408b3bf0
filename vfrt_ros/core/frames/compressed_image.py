# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The picture of a compressed image message, live or out of a bag, and of an encoded picture file."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Protocol

import cv2
import numpy as np
from PIL import Image as PilImage

from vfrt_ros.core.frames.auto_gain import AutoGain
from vfrt_ros.core.frames.encodings import Encoding, find_encoding, shown
from vfrt_ros.core.frames.image_size import EncodedImage, read_header
from vfrt_ros.core.frames.raw_image import MAX_MEGAPIXELS, Frame, check_size, to_bgr
from vfrt_ros.core.types.errors import FrameError

JPEG_END = b"\xff\xd9"
FILLER = b"\x5a" * 4096
"""Bits that a JPEG's decoder takes for pixels where those of the picture are missing."""
_AS_TAKEN = cv2.IMREAD_IGNORE_ORIENTATION


class CompressedImage(Protocol):
    """The fields of `sensor_msgs/CompressedImage` that matter, of whatever library's class."""

    format: str
    data: Any


def frame_from_compressed(
    message: CompressedImage, *, max_megapixels: float = MAX_MEGAPIXELS, gain: AutoGain | None = None
) -> Frame:
    """The picture of a compressed message; its size is read from the header before it is decoded.

    Args:
        message: A JPEG, PNG, WebP, BMP or TIFF. The data say which; of `format` only a depth encoding,
            compressedDepth and a Bayer pattern count.
        max_megapixels: Larger pictures are refused.
        gain: Remembers what more than 8 bits are mapped to, for a topic; None = this picture stands alone.

    Returns:
        (H, W, 3) uint8 BGR, not turned by EXIF.

    Raises:
        FrameError: `kind` is encoding, depth, empty, too_large or malformed.
    """
    mosaic = _mosaic(message.format)
    data = memoryview(message.data).cast("B") if len(message.data) else memoryview(b"")
    header = _checked_header(data)
    check_size(header.width, header.height, max_megapixels)
    return decode(data, header, flags=_AS_TAKEN, mosaic=mosaic, gain=gain)


def decode(
    data: bytes | memoryview,
    header: EncodedImage | None,
    *,
    flags: int = 0,
    mosaic: Encoding | None = None,
    gain: AutoGain | None = None,
) -> Frame:
    """Decode a picture of 8 or 16 bits.

    Args:
        data: The encoded picture.
        header: What `read_header` says of it.
        flags: For OpenCV, beside those that say what is wanted.
        mosaic: The Bayer encoding of a picture of one channel; None = it has none.
        gain: As for `frame_from_compressed`.

    Returns:
        (H, W, 3) uint8 BGR.

    Raises:
        FrameError: `kind` is malformed.
    """
    what = header.format if header else "picture"
    plain = mosaic is None and (header is None or header.bits <= 8)
    wanted = flags | (cv2.IMREAD_COLOR if plain else cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH)
    samples = _decoded(data if header is None else _whole(data, header), wanted)
    if samples is None or samples.dtype not in (np.uint8, np.uint16):
        raise FrameError("malformed", f"The {what} of {len(data)} bytes cannot be decoded.")
    if samples.dtype == np.uint16:
        grey = samples.ndim == 2 and mosaic is None
        samples = (gain or AutoGain()).reduce(samples, grey=grey)
    if samples.ndim == 3:
        return np.asarray(samples, dtype=np.uint8)
    return to_bgr(samples, mosaic or find_encoding("mono8"))


def _decoded(data: bytes | memoryview, flags: int) -> Any:
    """The picture that OpenCV decodes; None where it cannot."""
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags) if len(data) else None
    except cv2.error:
        return None


def _whole(data: bytes | memoryview, header: EncodedImage) -> bytes | memoryview:
    """Data that lack nothing but their end mark, with one.

    Raises:
        FrameError: They lack pixels; `kind` is malformed.
    """
    if header.complete:
        return data
    start = bytes(data).rstrip(b"\0").removesuffix(JPEG_END[:1])
    if header.format != "jpeg" or not _has_all_pixels(start):
        raise FrameError("malformed", f"The {header.format} of {len(data)} bytes is cut off.")
    return start + JPEG_END


def _has_all_pixels(jpeg: bytes) -> bool:
    """Whether a JPEG without its end mark has all its pixels: other bits behind it change a picture that lacks some."""
    try:
        return np.array_equal(_coarse(jpeg + JPEG_END), _coarse(jpeg + FILLER + JPEG_END))
    except (OSError, SyntaxError, ValueError, PilImage.DecompressionBombError):
        return False


def _coarse(jpeg: bytes) -> Any:
    """(h, w) uint8 grey values of a JPEG, about a quarter of its size where it is large; says nothing on stderr."""
    with PilImage.open(BytesIO(jpeg)) as picture:
        picture.draft("L", (max(64, picture.width // 4), max(64, picture.height // 4)))
        return np.asarray(picture)


def _mosaic(told_format: str) -> Encoding | None:
    """The Bayer pattern that a format like `bayer_rggb8; png compressed` names.

    Raises:
        FrameError: The format says that these are distances; `kind` is depth.
    """
    if "compresseddepth" in told_format.lower():
        raise FrameError("depth", f"Format {shown(told_format)} is depth, not a colour picture.")
    try:
        encoding = find_encoding(told_format.split(";")[0])
    except FrameError as error:
        if error.kind == "depth":
            raise
        return None
    return encoding if encoding.name.startswith("bayer_") else None


def _checked_header(data: memoryview) -> EncodedImage:
    if len(data) == 0:
        raise FrameError("empty", "A compressed picture has no data.")
    header = read_header(data)
    if header is None:
        start = bytes(data[:4]).hex(" ")
        raise FrameError(
            "encoding", f"The data start with {start}: no JPEG, PNG, WebP, BMP or TIFF, or cut off."
        )
    return header
