# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A picture file as a message."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any

from vfrt_ros.cli.command import CommandError


def picture_message(pixels: Any, long_side: int) -> tuple[Any, float]:
    """A picture as a bgr8 sensor_msgs/Image, and by how much it was made smaller.

    Args:
        pixels: (H, W, 3) uint8 BGR.
        long_side: Pixels of its long side at most.

    Returns:
        The message, and its size as a share of the picture's, at most 1.
    """
    scale = min(1.0, long_side / max(pixels.shape[:2]))
    return image_message(shrink(pixels, round(scale * min(pixels.shape[:2])))), scale


def load_picture(path: Path) -> Any:
    """A picture file as (H, W, 3) uint8 BGR, upright.

    Raises:
        CommandError: It is not there.
        SourceError: The file is not a picture, or may not be read.
    """
    from vfrt_ros.core.sources.check_readable import check_readable
    from vfrt_ros.core.sources.images import load_image

    check_readable(path)
    if not path.is_file():
        raise CommandError(f"There is no file {path}.")
    return load_image(path)


def image_message(pixels: Any) -> Any:
    """A (H, W, 3) uint8 BGR picture as a sensor_msgs/Image."""
    from sensor_msgs.msg import Image

    height, width = pixels.shape[:2]
    return Image(
        height=height, width=width, encoding="bgr8", step=3 * width, data=array("B", pixels.tobytes())
    )


def shrink(pixels: Any, short_side: int) -> Any:
    """A picture with a short side of at most so many pixels, its proportions kept.

    Args:
        pixels: (H, W, 3) uint8.
        short_side: Pixels.

    Returns:
        (h, w, 3) uint8; the same array where it is small already.
    """
    import cv2

    height, width = pixels.shape[:2]
    scale = max(1, short_side) / min(height, width)
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
