# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures made smaller: the one kept of a frame, and what it is compared by."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

SMALL_SIDE = 256
"""Short side, in pixels, of the picture kept of a frame: enough to see it, and to embed it again."""
MOST_PIXELS = 256 * 1024
LONG_SIDE = 8192
"""Its pixels and its long side at most, which only panoramas reach: its JPEG stays below `LARGEST_THUMBNAIL`."""


def shrink(bgr: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The picture with its short side at most 256 pixels and at most 0.26 megapixels; always a copy.

    By a whole factor over areas, then linearly the less than twofold rest: an eighth of the time of one step
    over areas, and as sharp where it matters, on blurred pictures.
    """
    height, width = bgr.shape[:2]
    factor = max(
        min(height, width) / SMALL_SIDE,
        (height * width / MOST_PIXELS) ** 0.5,
        max(height, width) / LONG_SIDE,
    )
    if factor <= 1:
        return bgr.copy()
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    if min(height, width) < factor:
        return np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
    return resize_down(bgr, int(factor), size)


def resize_down(image: npt.NDArray[np.uint8], whole: int, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Resize to a (width, height): by a whole factor over areas, the rest linearly."""
    if whole > 1:
        low, narrow = image.shape[0] // whole, image.shape[1] // whole
        covered = image[: low * whole, : narrow * whole]
        image = cv2.resize(covered, (narrow, low), interpolation=cv2.INTER_AREA)
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
