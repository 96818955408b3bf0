# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The interface of what finds regions in pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.region import Region


class RegionSource(Protocol):
    """Finds where something may be in the pictures of one camera.

    Threads: one thread at a time calls it.

    Attributes:
        searches: True where the regions are windows to look through: only those that show something known are
            objects, the best one of each place. False where each is an object.
    """

    searches: bool

    def propose(self, bgr: npt.NDArray[np.uint8], stamp: float | None) -> Sequence[Region]:
        """The regions of the next picture.

        Args:
            bgr: (H, W, 3) uint8.
            stamp: Its seconds; None where nobody knows.
        """

    def reset(self) -> None:
        """Begin anew: the next picture is of another scene."""
