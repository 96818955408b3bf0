# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures to the square that a network takes."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from vfrt_ros.core.encoders.banded import Banded
from vfrt_ros.core.types.errors import FrameError

_WIDEST = 4
"""So many times the size a side may have for two products with a matrix to be quicker than OpenCV's one step."""


def check_rgb(image: np.ndarray) -> np.ndarray:
    """The picture itself, if it is one.

    Args:
        image: (H, W, 3) uint8.

    Raises:
        FrameError: another type, shape or no pixels; `kind` is `dtype`, `shape` or `empty`.

    >>> check_rgb(np.zeros((2, 3, 3), np.uint8)).shape
    (2, 3, 3)
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        got = getattr(image, "dtype", type(image).__name__)
        raise FrameError("dtype", f"expected a picture of uint8, got {got}")
    if image.ndim != 3 or image.shape[2] != 3:
        raise FrameError("shape", f"expected a picture of shape (H, W, 3), got {image.shape}")
    if image.size == 0:
        raise FrameError("empty", f"expected a picture with pixels, got shape {image.shape}")
    return image


def centre_square(image: np.ndarray, fraction: float = 1.0) -> np.ndarray:
    """The square in the middle, as a view.

    Args:
        image: (H, W, 3).
        fraction: of the short side, in (0, 1].

    Returns:
        (s, s, 3) with s = round(fraction * min(H, W)), at least 1.
    """
    height, width = image.shape[:2]
    side = max(1, round(fraction * min(height, width)))
    top, left = (height - side) // 2, (width - side) // 2
    return image[top : top + side, left : left + side]


def resize_square(image: np.ndarray, size: int) -> np.ndarray:
    """Resize as OpenCV does: by area to shrink, cubic to enlarge (enlarging by area blurs into blocks).

    Args:
        image: (s, s, 3) uint8.
        size: pixels of a side.

    Returns:
        (size, size, 3) uint8; to shrink, at most one level from OpenCV's.
    """
    side = len(image)
    if side <= size:
        return cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC)
    if side % size == 0 or side > _WIDEST * size:
        return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    areas = _areas(side, size)
    across = areas @ image.astype(np.float32).reshape(side, -1)
    columns = cv2.transpose(across.reshape(size, side, 3))
    # Adding into bytes rounds and saturates in one vectorised step.
    sums = cv2.add(areas @ columns.reshape(side, -1), 0, dtype=cv2.CV_8U)
    return cv2.transpose(sums.reshape(size, size, 3))


@lru_cache(maxsize=32)
def _areas(side: int, size: int) -> Banded:
    """The (size, side) shares of the pixels of a row in the wider ones that it is made of."""
    scale = side / size
    edges = np.arange(size + 1)[:, None] * scale
    pixels = np.arange(side)
    shares = np.minimum(edges[1:], pixels + 1) - np.maximum(edges[:-1], pixels)
    return Banded.of(np.maximum(shares, 0) / scale)
