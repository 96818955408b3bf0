# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The regions that one camera's source finds, whichever source the settings name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.frames.regions.catalog import OFF, build_region_source
from vfrt_ros.core.types.region import Region, check_regions


@dataclass(frozen=True, slots=True)
class FoundRegions:
    """The regions that a source found in a picture.

    Attributes:
        regions: Cut to the picture.
        search: They are windows: see `RegionSource.searches`.
    """

    regions: tuple[Region, ...]
    search: bool


class RegionFinder:
    """Asks the source that a value of the parameter `regions` names.

    Threads: one thread at a time calls it.

    Args:
        name: The value.
        camera: Whose pictures it sees; empty = the only one's.

    Raises:
        SettingError: There is no such source, or its plug-in is broken.
    """

    def __init__(self, name: str = OFF, camera: str = "") -> None:
        self.name = name
        self._source = build_region_source(name, camera)

    def find(self, bgr: npt.NDArray[np.uint8], stamp: float | None, most: int) -> FoundRegions | None:
        """The regions of the next picture; None where none are looked for.

        Args:
            bgr: (H, W, 3) uint8.
            stamp: Its seconds; None where nobody knows.
            most: Regions at most, unless they are windows.
        """
        source = self._source
        if source is None:
            return None
        given = source.propose(bgr, stamp)
        numbers = [(one.box.x, one.box.y, one.box.width, one.box.height, one.id, one.score) for one in given]
        most = len(numbers) if source.searches else most
        checked = check_regions(numbers, bgr.shape[1], bgr.shape[0], most)
        return FoundRegions(checked.regions, source.searches)

    def reset(self) -> None:
        """Begin anew: the next picture is of another scene."""
        if self._source is not None:
            self._source.reset()
