# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One object in view: a region of a picture and what it shows."""

from __future__ import annotations

from dataclasses import dataclass

from vfrt_ros.core.types.decision import Decision
from vfrt_ros.core.types.observation import Observation
from vfrt_ros.core.types.region import Box, Region


@dataclass(frozen=True, slots=True)
class SeenRegion:
    """A region after encoding.

    Attributes:
        region: Where it is.
        observation: Of its crop.
    """

    region: Region
    observation: Observation


@dataclass(frozen=True, slots=True)
class RecognisedObject:
    """One region of a picture with its answer.

    Attributes:
        track: The same thing, the same number; 0 = the picture stands alone.
        box: In the picture.
        decision: The answer, as for a frame.
    """

    track: int
    box: Box
    decision: Decision

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        box = self.box
        return {
            "track": self.track,
            "box": [box.x, box.y, box.width, box.height],
            **self.decision.as_dict(),
        }
