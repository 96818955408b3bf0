# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pillow's antialiased resize, by two banded matrices and OpenCV's saturating casts.

CLIP and SigLIP were trained on pictures that Pillow made small. OpenCV has no antialiased cubic, and its
area filter differs by up to 18 grey levels; this differs by at most 1, computes only the part that a
centre crop keeps, and takes less than half of Pillow's time.

Source: Pillow, src/libImaging/Resample.c: horizontal pass, rounded to bytes, then vertical pass; the
kernel is stretched by the scale when shrinking, and cut and renormalised at the borders.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np

from vfrt_ros.core.encoders.banded import Banded
from vfrt_ros.core.types.errors import EncoderError

_HALVES_UP = 2e-5


def _bilinear(x: np.ndarray) -> np.ndarray:
    return np.maximum(1 - np.abs(x), 0)


def _bicubic(x: np.ndarray, a: float = -0.5) -> np.ndarray:
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _lanczos(x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)


# Pillow's numbers of its filters, with the half width of each.
KERNELS: dict[int, tuple[Callable[[np.ndarray], np.ndarray], float]] = {
    1: (_lanczos, 3.0),
    2: (_bilinear, 1.0),
    3: (_bicubic, 2.0),
}


def pil_resize(
    image: np.ndarray,
    size: tuple[int, int],
    crop: tuple[int, int] | None = None,
    resample: int = 3,
    half_to_even: bool = False,
) -> np.ndarray:
    """Resize as Pillow does, then keep the middle.

    Args:
        image: (H, W, 3) uint8.
        size: (height, width) of the whole resized picture.
        crop: (height, width) kept of it, at most `size`; None keeps all.
        resample: Pillow's number of the filter: 1 Lanczos, 2 bilinear, 3 bicubic.
        half_to_even: where the middle lies between two pixels, which is the first: the even one, as torchvision has it,
            or the lower one, as transformers has it.

    Returns:
        (*crop, 3) uint8, at most one level from `Image.resize(size).crop(...)`.

    Raises:
        EncoderError: the filter is another one, or the crop is larger than the resized picture.
    """
    crop = crop or size
    if resample not in KERNELS:
        raise EncoderError(
            f"expected a resample filter of {sorted(KERNELS)} (Pillow's numbers), got {resample}"
        )
    if crop[0] > size[0] or crop[1] > size[1]:
        raise EncoderError(f"expected a crop within the resized picture {size}, got {crop}")
    height, width = image.shape[:2]
    across = _pass(image, _matrix(width, size[1], crop[1], resample, half_to_even))
    return _pass(across, _matrix(height, size[0], crop[0], resample, half_to_even))


def _pass(image: np.ndarray, resampling: Banded) -> np.ndarray:
    """Resample along the second axis and swap the first two: two of them make an upright picture."""
    columns = cv2.transpose(image[:, resampling.used])
    sums = resampling @ columns.astype(np.float32).reshape(columns.shape[0], -1)
    # Adding into bytes rounds and saturates in one vectorised step; Pillow rounds halves up, OpenCV to even.
    out = cv2.add(sums, _HALVES_UP, dtype=cv2.CV_8U)
    return np.asarray(out).reshape(resampling.rows, columns.shape[1], 3)


@lru_cache(maxsize=32)
def _matrix(n_in: int, n_out: int, n_keep: int, resample: int, half_to_even: bool) -> Banded:
    """The middle `n_keep` rows of the (n_out, n_in) resampling matrix, float32."""
    kernel, half_width = KERNELS[resample]
    scale = n_in / n_out
    stretch = max(scale, 1.0)
    support = half_width * stretch
    first = round((n_out - n_keep) / 2) if half_to_even else (n_out - n_keep) // 2
    dense = np.zeros((n_keep, n_in))
    for row in range(n_keep):
        centre = (first + row + 0.5) * scale
        low, high = max(int(centre - support + 0.5), 0), min(int(centre + support + 0.5), n_in)
        weights = kernel((np.arange(low, high) - centre + 0.5) / stretch)
        dense[row, low:high] = weights / weights.sum()
    return Banded.of(dense)
