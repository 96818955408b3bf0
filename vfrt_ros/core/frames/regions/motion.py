# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`regions: motion`: what moves before a standing camera."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.region import Box, Region

Frame = npt.NDArray[np.uint8]
WIDTH = 320
"""Pixels of the picture that is looked at; a larger one is made smaller first."""
LEAST_HEIGHT = 40
"""Pixels that a panorama keeps, which would have fewer at that width."""
MOST_PIXELS = 2 * WIDTH**2
"""Pixels in all, which an upright picture of twice its width has."""
MEMORY_S = 15.0
"""Time constant of the background in seconds."""
BACKGROUND = 0.5
"""Share of the recent past that a pixel's look must have had to be background: with `MEMORY_S`, what has come to rest
is part of it after 15 s · ln 2, about 10 s. (OpenCV's default is 0.9: after a second and a half.)"""
FIRST_LOOK = 8
"""Pictures from which the background is learned before anything is called moving."""
VARIANCES = 25.0
"""Squared deviations from the background at which a pixel has changed (OpenCV's default is 16)."""
SMALLEST, LARGEST = 0.004, 0.6
"""Shares of the picture that a region may take."""
JUMP = 0.5
"""Share of changed pixels at which the light or the camera has changed, and not a thing in view."""
MARGIN = 0.05
"""Share of its sides by which a region is widened: its edge blends with the background."""
FOREGROUND = 255


class MotionSource:
    """Background subtraction by a mixture of Gaussians (Zivkovic, "Improved adaptive Gaussian mixture model for
    background subtraction", 2004; OpenCV's MOG2).

    Shadows are told from things by their colour and left out. A picture that has changed as a whole begins a new
    background. What was found stays a region for about ten seconds after it has come to rest.
    """

    searches = False

    def __init__(self, **_: Any) -> None:
        self._subtractor = _subtractor()
        self._size: tuple[int, int] | None = None
        self._last: float | None = None
        self._seen = 0

    def propose(self, bgr: Frame, stamp: float | None) -> list[Region]:
        """See `RegionSource.propose`."""
        height, width = bgr.shape[:2]
        size = look_size(width, height)
        small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA) if size != (width, height) else bgr
        if self._size != size:
            self.reset()
            self._size = size
        mask = self._subtractor.apply(small, learningRate=self._rate(stamp))
        self._seen += 1
        if self._seen <= FIRST_LOOK:
            return []
        moving = np.where(mask == FOREGROUND, FOREGROUND, 0).astype(np.uint8)
        if np.count_nonzero(moving) > JUMP * moving.size:
            self._restart(small)
            return []
        return self._regions(moving, width / size[0], height / size[1], width, height)

    def reset(self) -> None:
        """See `RegionSource.reset`."""
        self._subtractor = _subtractor()
        self._size = self._last = None
        self._seen = 0

    def _rate(self, stamp: float | None) -> float:
        """The share of the newest picture in the background: the same per second at any frame rate."""
        passed = 1 / 30 if stamp is None or self._last is None else stamp - self._last
        self._last = stamp
        if self._seen < FIRST_LOOK:
            return 1.0 / (1 + self._seen)
        return 1.0 - math.exp(-max(0.0, passed) / MEMORY_S)

    def _restart(self, small: Frame) -> None:
        """Take this picture for the background."""
        size, last = self._size, self._last
        self.reset()
        self._size, self._last = size, last
        self._subtractor.apply(small, learningRate=1.0)
        self._seen = 1

    def _regions(self, moving: Frame, across: float, down: float, width: int, height: int) -> list[Region]:
        """The connected parts of the mask that are neither small nor the whole, largest first."""
        clean = cv2.morphologyEx(moving, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        clean = cv2.morphologyEx(clean, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
        _, _, parts, _ = cv2.connectedComponentsWithStats(clean)
        found = []
        for x, y, wide, high, pixels in sorted(parts[1:].tolist(), key=lambda part: -part[4]):
            if not SMALLEST * moving.size <= wide * high <= LARGEST * moving.size:
                continue
            box = Box(
                round((x - MARGIN * wide) * across),
                round((y - MARGIN * high) * down),
                round(wide * (1 + 2 * MARGIN) * across),
                round(high * (1 + 2 * MARGIN) * down),
            ).cut(width, height)
            found.append(Region(box, score=pixels / (wide * high)))
        return found


def look_size(width: int, height: int) -> tuple[int, int]:
    """The size at which a picture is looked at, in its proportions.

    Args:
        width, height: Of the picture, in pixels.

    >>> look_size(640, 480), look_size(1080, 1920), look_size(20000, 200), look_size(200, 20000)
    ((320, 240), (320, 569), (4000, 40), (45, 4525))
    """
    scale = min(1.0, max(WIDTH / width, LEAST_HEIGHT / height), math.sqrt(MOST_PIXELS / (width * height)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _subtractor() -> Any:
    subtractor = cv2.createBackgroundSubtractorMOG2(varThreshold=VARIANCES, detectShadows=True)
    subtractor.setBackgroundRatio(BACKGROUND)
    return subtractor
