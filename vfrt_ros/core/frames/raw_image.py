# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The picture of a raw image message, live or out of a bag."""

from __future__ import annotations

from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.frames.auto_gain import AutoGain
from vfrt_ros.core.frames.encodings import Encoding, Layout, find_encoding
from vfrt_ros.core.types.errors import FrameError

Frame = npt.NDArray[np.uint8]

MAX_MEGAPIXELS = RecognitionSettings.max_megapixels
"""More than any camera that we know of publishes; a limit on what one message can cost."""

YUV_TO_BGR = np.array(
    [[1.164, 2.018, 0.0, -276.9], [1.164, -0.391, -0.813, 135.5], [1.164, 0.0, 1.596, -222.9]], np.float32
)
"""ITU-R BT.601, limited range, as OpenCV has it for the other YUV encodings: rows B, G, R of (Y, U, V, 1)."""


class RawImage(Protocol):
    """The fields of `sensor_msgs/Image` that matter, of whatever library's class."""

    encoding: str
    width: int
    height: int
    step: int
    is_bigendian: int
    data: Any


def frame_from_image(
    message: RawImage, *, max_megapixels: float = MAX_MEGAPIXELS, gain: AutoGain | None = None
) -> Frame:
    """The picture of an image message.

    Args:
        message: Of any encoding in `ENCODINGS`; rows may be padded, and data may be longer than needed.
        max_megapixels: Larger pictures are refused.
        gain: Remembers what more than 8 bits are mapped to, for a topic; None = this picture stands alone.

    Returns:
        (H, W, 3) uint8 BGR; it may share its memory with the message.

    Raises:
        FrameError: `kind` is encoding, depth, empty, too_large, step, length or conversion.
    """
    encoding = find_encoding(message.encoding)
    check_size(message.width, message.height, max_megapixels)
    step = _checked_step(message, encoding)
    try:
        samples = _samples(message, encoding, step)
        if encoding.bits > 8:
            samples = (gain or AutoGain()).reduce(samples, grey=encoding.grey)
        return to_bgr(samples, encoding)
    except (cv2.error, ValueError, TypeError) as error:
        raise FrameError("conversion", f"{message.encoding} cannot be converted: {error}") from error


def to_bgr(samples: Frame, encoding: Encoding) -> Frame:
    """Samples of 8 bits as BGR.

    Args:
        samples: (rows, W) or (rows, W, channels) uint8, as `encoding` lays them out.
        encoding: Theirs.

    Returns:
        (H, W, 3) uint8.
    """
    if encoding.layout is Layout.YUV_444:
        return _from_planes(samples)
    if encoding.to_bgr is None:
        return samples
    return np.asarray(cv2.cvtColor(samples, encoding.to_bgr), dtype=np.uint8)


def check_size(width: int, height: int, max_megapixels: float) -> None:
    """Refuse what has no pixels or too many.

    Raises:
        FrameError: `kind` is empty or too_large.
    """
    if width == 0 or height == 0:
        raise FrameError("empty", f"The picture is empty: {width}x{height}.")
    if int(width) * int(height) > max_megapixels * 1e6:
        raise FrameError("too_large", f"{width}x{height} is over the limit of {max_megapixels:g} megapixels.")


def _checked_step(message: RawImage, encoding: Encoding) -> int:
    """Bytes from row to row, once it is certain that the data hold the picture."""
    width, height, step = int(message.width), int(message.height), int(message.step)
    row, rows, have = width * encoding.pixel_bytes, encoding.rows(height), len(message.data)
    if have == 0:
        raise FrameError("empty", f"A picture of {width}x{height} has no data.")
    if reason := encoding.unfit(width, height):
        raise FrameError("step", f"{encoding.name} of {width}x{height} cannot be: {reason}.")
    if step < row:
        raise FrameError(
            "step", f"A step of {step} bytes holds no row of {width} {encoding.name} pixels: {row} bytes."
        )
    if have == rows * row and step in _counting_chroma(row, encoding):
        return row
    if have < (rows - 1) * step + row:
        raise FrameError(
            "length",
            f"{have} bytes of data, where {encoding.name} with a step of {step} and a height of {height} "
            f"needs {rows * step}.",
        )
    return step


def _counting_chroma(row: int, encoding: Encoding) -> tuple[int, ...]:
    """Steps that drivers write into pictures of packed planes, counting all planes or all channels of a pixel."""
    planar = encoding.layout in (Layout.YUV_420, Layout.YUV_444)
    return (row * 3 // 2, row * 2, row * 3) if planar else ()


def _samples(message: RawImage, encoding: Encoding, step: int) -> Any:
    """The samples in the machine's byte order: (rows, W) or (rows, W, channels), padding left out."""
    rows, width, size = encoding.rows(int(message.height)), int(message.width), encoding.bits // 8
    data = np.frombuffer(message.data, np.uint8)
    kind = np.dtype(np.uint8 if size == 1 else ">u2" if message.is_bigendian else "<u2")
    shape: tuple[int, ...] = (rows, width, encoding.channels)
    strides: tuple[int, ...] = (step, encoding.pixel_bytes, size)
    if encoding.channels == 1:
        shape, strides = shape[:2], strides[:2]
    view: npt.NDArray[Any] = np.ndarray(shape, kind, buffer=data, strides=strides)
    # OpenCV takes no rows that begin in the middle of a sample.
    return view if view.dtype.isnative and step % size == 0 else view.astype(kind.newbyteorder("="))


def _from_planes(samples: Frame) -> Frame:
    """(3 H, W) rows of brightness and then of U and V side by side, as BGR."""
    height, width = samples.shape[0] // 3, samples.shape[1]
    yuv = np.empty((height, width, 3), np.uint8)
    yuv[..., 0] = samples[:height]
    yuv[..., 1:] = np.ascontiguousarray(samples[height:]).reshape(height, width, 2)
    return np.asarray(cv2.transform(yuv, YUV_TO_BGR), dtype=np.uint8)
