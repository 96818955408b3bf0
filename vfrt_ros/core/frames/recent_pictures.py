# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The newest frames of the scene in view as they came, so that a part of them can be registered."""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

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
