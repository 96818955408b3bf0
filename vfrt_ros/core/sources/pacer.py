# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which frames are wanted, so that they come at a given rate."""

from __future__ import annotations

TOLERANCE = 0.25
"""Share of a period by which a frame may come early: the clocks of cameras are not exact."""


class Pacer:
    """Picks frames out of a faster stream so that their mean rate is `fps`; passes a slower one as it is.

    Times are seconds since the first frame.

    >>> pacer = Pacer(fps=20)
    >>> [t for t in (0.0, 0.033, 0.067, 0.1, 0.133, 0.167, 0.2) if pacer.accept(t)]
    [0.0, 0.067, 0.1, 0.167, 0.2]
    """

    def __init__(self, fps: float) -> None:
        self._period = 1.0 / fps
        self._due = 0.0

    @property
    def due(self) -> float:
        """The earliest time at which the next frame is wanted."""
        return max(0.0, self._due - TOLERANCE * self._period)

    def accept(self, time: float) -> bool:
        """True when the frame of this time is wanted; the next one is then due a period later."""
        if time < self.due:
            return False
        self._due = max(self._due + self._period, time + self._period / 2)
        return True
