"""Between image messages and frames. What a message says is checked before anything relies on it."""

from __future__ import annotations

import array
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from cv_bridge import CvBridge, CvBridgeError
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from vfrt_ros.core.errors import FrameError
from vfrt_ros.core.settings import RecognitionSettings
from vfrt_ros.core.sources.image_size import EncodedImage, read_header

Frame = npt.NDArray[np.uint8]

MAX_MEGAPIXELS = RecognitionSettings.max_megapixels
"""More than any camera that we know of publishes; a limit on what one message can cost."""

CHANNELS = {"bgr8": 3, "rgb8": 3, "mono8": 1, "bgra8": 4, "rgba8": 4}
"""The encodings that are accepted, with their bytes per pixel."""

DEPTH = frozenset({"16UC1", "16SC1", "32FC1", "64FC1", "mono16"})

JPEG_QUALITY = 90

_bridge = CvBridge()


def frame_from_image(msg: Image, *, max_megapixels: float = MAX_MEGAPIXELS) -> Frame:
    """The frame of an image message.

    Args:
        msg: Encoding bgr8, rgb8, mono8, bgra8 or rgba8, rows padded or not.
        max_megapixels: Larger pictures are refused.

    Returns:
        (H, W, 3) uint8 BGR; it may share its memory with the message.

    Raises:
        FrameError: `kind` is encoding, depth, empty, too_large, step, length or conversion.
    """
    channels = _checked_channels(msg.encoding)
    _check_size(msg.width, msg.height, max_megapixels)
    _check_layout(msg, channels)
    try:
        frame = _bridge.imgmsg_to_cv2(_repacked(msg, channels), "bgr8")
    except (CvBridgeError, cv2.error, ValueError, TypeError) as error:
        raise FrameError("conversion", f"cv_bridge cannot convert {msg.encoding}: {error}") from error
    return np.asarray(frame, dtype=np.uint8)


def frame_from_compressed(msg: CompressedImage, *, max_megapixels: float = MAX_MEGAPIXELS) -> Frame:
    """The frame of a JPEG or PNG message; its size is read from the header before it is decoded.

    Args:
        msg: `format` may say what it likes, the data decide; only compressedDepth is believed.
        max_megapixels: Larger pictures are refused.

    Returns:
        (H, W, 3) uint8 BGR.

    Raises:
        FrameError: `kind` is encoding, depth, empty, too_large or malformed.
    """
    data = memoryview(msg.data).cast("B") if len(msg.data) else memoryview(b"")
    header = _checked_header(msg.format, data)
    _check_size(header.width, header.height, max_megapixels)
    try:
        frame = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise FrameError("malformed", f"The {header.format} cannot be decoded: {error.err}.") from error
    if frame is None:
        raise FrameError("malformed", f"The {header.format} of {len(data)} bytes cannot be decoded.")
    return np.asarray(frame, dtype=np.uint8)


def image_from_frame(frame: Frame, header: Header) -> Image:
    """A bgr8 message.

    Args:
        frame: (H, W, 3) uint8 BGR.
        header: Becomes the message's header.
    """
    height, width = frame.shape[:2]
    msg = Image(header=header, height=height, width=width, encoding="bgr8", is_bigendian=0, step=width * 3)
    msg.data = _bytes_of(frame)
    return msg


def compressed_from_frame(frame: Frame, header: Header, quality: int = JPEG_QUALITY) -> CompressedImage:
    """A JPEG message, its format as image_transport names it.

    Args:
        frame: (H, W, 3) uint8 BGR.
        header: Becomes the message's header.
        quality: Of the JPEG, 0 to 100.

    Raises:
        FrameError: OpenCV cannot encode it; `kind` is conversion.
    """
    good, jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not good:
        raise FrameError("conversion", f"A frame of shape {frame.shape} cannot be made a JPEG.")
    msg = CompressedImage(header=header, format="bgr8; jpeg compressed bgr8")
    msg.data = _bytes_of(jpeg)
    return msg


def _bytes_of(values: npt.NDArray[Any]) -> array.array[int]:
    """What a message takes without looking at each byte: 100 times faster than the ndarray itself."""
    data = array.array("B")
    data.frombytes(np.ascontiguousarray(values).data.cast("B"))
    return data


def _checked_channels(encoding: str) -> int:
    if encoding in DEPTH:
        raise FrameError("depth", f"Encoding {encoding} is no colour picture but depth or 16 bits of grey.")
    if encoding not in CHANNELS:
        expected = ", ".join(CHANNELS)
        raise FrameError("encoding", f"Encoding {_shown(encoding)} is not supported; expected {expected}.")
    return CHANNELS[encoding]


def _check_size(width: int, height: int, max_megapixels: float) -> None:
    if width == 0 or height == 0:
        raise FrameError("empty", f"The picture is empty: {width}x{height}.")
    if width * height > max_megapixels * 1e6:
        raise FrameError("too_large", f"{width}x{height} is over the limit of {max_megapixels:g} megapixels.")


def _check_layout(msg: Image, channels: int) -> None:
    row = msg.width * channels
    if len(msg.data) == 0:
        raise FrameError("empty", f"A picture of {msg.width}x{msg.height} has no data.")
    if msg.step < row:
        raise FrameError(
            "step",
            f"A step of {msg.step} bytes holds no row of {msg.width} {msg.encoding} pixels: {row} bytes.",
        )
    if len(msg.data) != msg.step * msg.height:
        raise FrameError(
            "length",
            f"{len(msg.data)} bytes of data, where a step of {msg.step} and a height of {msg.height} "
            f"make {msg.step * msg.height}.",
        )


def _repacked(msg: Image, channels: int) -> Image:
    """The message as cv_bridge of the wheels can take it: no padding, no byte order (one byte has none)."""
    row = msg.width * channels
    if msg.step == row and not msg.is_bigendian:
        return msg
    rows = np.frombuffer(msg.data, np.uint8).reshape(msg.height, msg.step)[:, :row]
    packed = Image(height=msg.height, width=msg.width, encoding=msg.encoding, is_bigendian=0, step=row)
    packed.data = _bytes_of(rows)
    return packed


def _checked_header(told_format: str, data: memoryview) -> EncodedImage:
    if "compressedDepth" in told_format:
        raise FrameError("depth", f"Format {_shown(told_format)} is depth, not a colour picture.")
    if len(data) == 0:
        raise FrameError("empty", "A compressed picture has no data.")
    header = read_header(data)
    if header is None:
        start = bytes(data[:4]).hex(" ")
        raise FrameError("encoding", f"The data start with {start}: neither JPEG nor PNG, or cut off.")
    if header.bits != 8:
        raise FrameError("depth", f"A {header.format} of {header.bits} bits a channel; expected 8.")
    if not header.complete:
        raise FrameError("malformed", f"The {header.format} of {len(data)} bytes is cut off.")
    return header


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
