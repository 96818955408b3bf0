# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How a source does, for diagnostics."""

from __future__ import annotations

from dataclasses import dataclass

from vfrt_ros.core.sources.picture_watch import Sight


@dataclass(frozen=True, slots=True)
class Health:
    """How a source does.

    Attributes:
        name: What it is called.
        frames: Frames grabbed since the start.
        reopenings: How often it has come back after a failure.
        lost_for: Seconds since it failed; None = it delivers.
        sight: Whether its pictures are frozen or black.
        ended: It has come to its end.
        fps: Frames per second that are to be expected of it.
        stands_in: It is shown for want of what was asked for.
    """

    name: str
    frames: int
    reopenings: int
    lost_for: float | None
    sight: Sight
    ended: bool
    fps: float
    stands_in: bool = False
