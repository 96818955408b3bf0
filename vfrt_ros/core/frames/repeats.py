# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Frames that show what the one before them showed, which need not be encoded again."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.observation import Observation

GRID = (64, 48)
"""Columns and rows of the areas by whose means two frames are compared."""
TOLERANCE = 4.0
"""Grey levels by which the mean of an area may differ in any channel: noise of a camera stays below it, averaged over
an area of a hundred pixels, and a thing of three by three pixels that is 50 levels brighter does not."""


class Repeats:
    """Holds each frame against the one of its camera that was encoded last, so that slow changes add up.

    >>> repeats, grey = Repeats(), np.full((48, 64, 3), 90, np.uint8)
    >>> repeats.find(grey, 1.0) is None
    True
    """

    def __init__(self) -> None:
        self._encoded: tuple[npt.NDArray[np.float32], Observation] | None = None
        self._looked_at: npt.NDArray[np.float32] | None = None

    def find(self, bgr: npt.NDArray[np.uint8], stamp: float | None) -> Observation | None:
        """The observation of the frame that was encoded last, where this one shows the same.

        Args:
            bgr: (H, W, 3) uint8.
            stamp: Of this frame, in seconds; it becomes the observation's.

        Returns:
            None where it shows something else: then it is to be encoded, and `keep` called.
        """
        areas = cv2.resize(bgr, GRID, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._encoded is not None and cv2.norm(areas, self._encoded[0], cv2.NORM_INF) <= TOLERANCE:
            self._looked_at = None
            return replace(self._encoded[1], stamp=stamp)
        self._looked_at = areas
        return None

    def keep(self, observation: Observation) -> None:
        """Take the observation of the frame that `find` looked at last, if that found none."""
        if self._looked_at is not None:
            self._encoded, self._looked_at = (self._looked_at, observation), None

    def clear(self) -> None:
        """Forget what was encoded: the next frame is to be."""
        self._encoded = self._looked_at = None
