# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The newest observations of the scene in view."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.frames.shrink import resize_down
from vfrt_ros.core.types.observation import Observation

RING_LENGTH = 64
COARSE = (32, 24)
"""Width and height of what two frames are compared by."""
CUT_CORRELATION = 0.4
CUT_DIFFERENCE = 12.0
"""Two frames in a row that correlate less, and differ more (in grey levels), show different scenes."""


class RecentFrames:
    """The newest observations of the scene in view, at most 64; a cut to another scene empties them."""

    def __init__(self) -> None:
        self._frames: deque[Observation] = deque(maxlen=RING_LENGTH)
        self._grey: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, observation: Observation) -> bool:
        """Keep an observation.

        Returns:
            True when it shows another scene than the one before it.
        """
        grey = _coarse_grey(observation.small)
        cut = self._grey is not None and _is_cut(self._grey, grey)
        self._grey = grey
        if cut:
            self._frames.clear()
        self._frames.append(observation)
        return cut

    def newest(self, count: int) -> list[Observation]:
        """The newest `count` observations of the scene in view at most, oldest first."""
        return list(self._frames)[-count:] if count > 0 else []

    def clear(self) -> None:
        """Forget all."""
        self._frames.clear()
        self._grey = None


def _coarse_grey(small: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(24, 32) float32 grey levels."""
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    width, height = COARSE
    whole = min(grey.shape[0] // height, grey.shape[1] // width)
    return resize_down(grey, whole, COARSE).astype(np.float32)


def _is_cut(before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> bool:
    """Whether two coarse grey pictures show different scenes; the same blank wall twice is the same scene."""
    one, other = before - before.mean(), after - after.mean()
    variances = float(np.vdot(one, one)) * float(np.vdot(other, other))
    correlation = float(np.vdot(one, other)) / max(variances**0.5, float(one.size))
    difference = cv2.norm(before, after, cv2.NORM_L1) / one.size
    return correlation < CUT_CORRELATION and difference > CUT_DIFFERENCE


MOST = 16
MOST_BYTES = 32 * 2**20
"""Frames to keep, and the bytes that they may take together; the newest one is always kept."""


class RecentPictures:
    """Keeps frames without copying them.

    >>> pictures = RecentPictures()
    >>> for level in range(20):
    ...     pictures.add(np.full((480, 640, 3), level, np.uint8))
    >>> [int(frame[0, 0, 0]) for frame in pictures.newest(3)], len(pictures.newest(64))
    ([17, 18, 19], 16)
    """

    def __init__(self) -> None:
        self._frames: deque[npt.NDArray[np.uint8]] = deque(maxlen=MOST)

    def add(self, bgr: npt.NDArray[np.uint8]) -> None:
        """Keep a frame; one of another size begins anew."""
        if self._frames and self._frames[-1].shape != bgr.shape:
            self._frames.clear()
        self._frames.append(bgr)
        while len(self._frames) > 1 and len(self._frames) * bgr.nbytes > MOST_BYTES:
            self._frames.popleft()

    def newest(self, count: int) -> list[npt.NDArray[np.uint8]]:
        """The newest `count` frames at most, oldest first."""
        return list(self._frames)[-count:] if count > 0 else []

    def clear(self) -> None:
        """Forget all."""
        self._frames.clear()
