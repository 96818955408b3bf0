# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a camera that is mounted upside down or sideways, made upright."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vfrt_ros.core.sources.source import Image

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_FLIPS = {"horizontal": 1, "vertical": 0, "both": -1}


@dataclass(frozen=True, slots=True)
class Turn:
    """A rotation, then a reflection.

    Attributes:
        rotate: Degrees clockwise: 0, 90, 180 or 270.
        flip: none, horizontal (left and right change places), vertical (top and bottom) or both.
    """

    rotate: int = 0
    flip: str = "none"

    def apply(self, image: Image) -> Image:
        """The picture made upright.

        Args:
            image: (H, W, 3) uint8.

        Returns:
            (H, W, 3) uint8, contiguous, (W, H, 3) after 90 and 270 degrees; the same array where nothing is to be done.

        >>> Turn(rotate=90).apply(np.zeros((48, 64, 3), np.uint8)).shape
        (64, 48, 3)
        """
        if self.rotate in _TURNS:
            image = np.asarray(cv2.rotate(image, _TURNS[self.rotate]), dtype=np.uint8)
        if self.flip in _FLIPS:
            image = np.asarray(cv2.flip(image, _FLIPS[self.flip]), dtype=np.uint8)
        return image

    def size_before(self, size: tuple[int, int]) -> tuple[int, int]:
        """The width and height to ask of the camera, so that its pictures have this size once they were turned."""
        return (size[1], size[0]) if self.rotate in (90, 270) else size

    def __str__(self) -> str:
        """The two parameters in words."""
        return f"rotate {self.rotate}, flip {self.flip}"
