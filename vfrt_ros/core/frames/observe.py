# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Check a frame, and make an observation of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.frames.quality import measure_quality
from vfrt_ros.core.frames.shrink import shrink
from vfrt_ros.core.types.errors import FrameError
from vfrt_ros.core.types.observation import Observation, Quality


def check_frame(bgr: npt.NDArray[np.uint8]) -> None:
    """Refuse an array that is not a picture.

    Raises:
        FrameError: Not (H, W, 3) uint8, or empty.
    """
    shape, dtype = getattr(bgr, "shape", None), getattr(bgr, "dtype", type(bgr).__name__)
    if dtype != np.uint8 or shape is None or len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise FrameError("shape", f"A frame must be (H, W, 3) uint8 BGR with H, W > 0; got {shape} {dtype}.")


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """All of an observation that is seen in the frame itself; fields as of `Observation`."""

    small: npt.NDArray[np.uint8]
    quality: Quality

    def encoded(self, embedding: npt.NDArray[np.float32], stamp: float | None) -> Observation:
        """The observation.

        Args:
            embedding: (d,) float32 of the frame, unit norm.
            stamp: Its seconds; None = not known.
        """
        return Observation(embedding, self.quality, self.small, stamp)


def look(bgr: npt.NDArray[np.uint8]) -> Look:
    """Make a checked (H, W, 3) uint8 frame small, and measure its quality."""
    small = shrink(bgr)
    return Look(small, measure_quality(small))
