# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A frame with its answer, as the worker leaves it for the overlay and for snapshots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from std_msgs.msg import Header

from vfrt_ros.core.report.overlay import ShownPace
from vfrt_ros.core.types.decision import Decision
from vfrt_ros.core.types.recognised_object import RecognisedObject
from vfrt_ros.nodes import names


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One recognised frame.

    Attributes:
        frame: (H, W, 3) uint8 BGR.
        header: Of the source image.
        decision: The answer.
        pace: How fast recognition goes.
        dropped: Frames of this camera replaced by a newer one before they were looked at, since start.
        camera: Its name; empty = the only one.
        objects: In the frame, or in one shortly before it.
        stamp: Seconds of the frame's stamp; of its arrival where it has none.
    """

    frame: npt.NDArray[np.uint8]
    header: Header
    decision: Decision
    pace: ShownPace
    dropped: int
    camera: str = ""
    objects: tuple[RecognisedObject, ...] = ()
    stamp: float = 0.0

    @property
    def note(self) -> str:
        """The remark on the picture itself in the overlay; empty = nothing."""
        return "demo: no camera was found" if self.header.frame_id == names.DEMO_FRAME else ""

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        stamp = self.header.stamp
        return {
            "stamp": {"sec": stamp.sec, "nanosec": stamp.nanosec},
            "frame_id": self.header.frame_id,
            **({"camera": self.camera} if self.camera else {}),
            **self.decision.as_dict(),
            **({"objects": [each.as_dict() for each in self.objects]} if self.objects else {}),
            "latency_s": round(self.pace.latency, 6),
            "fps": round(self.pace.fps, 3),
            "dropped": self.dropped,
        }
