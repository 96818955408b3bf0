# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A source that makes its pictures itself, one for each moment."""

from __future__ import annotations

from abc import abstractmethod

from vfrt_ros.core.sources.source import Frame, Image, Source


class TimedSource(Source):
    """Pictures at a rate, forever; the same time always shows the same picture.

    Args:
        name: Of the source.
        fps: Pictures a second.
    """

    def __init__(self, name: str, fps: float) -> None:
        super().__init__(name, name)
        self.fps = fps
        self._next = 0.0

    def read(self, since: float = 0.0) -> Frame | None:
        """The picture that is due at `since` or a period after the last one, whichever is later."""
        time = max(since, self._next)
        self._next = time + 1.0 / self.fps
        return Frame(self.picture_at(time), time)

    @abstractmethod
    def picture_at(self, time: float) -> Image:
        """The picture at a time.

        Args:
            time: Seconds since the start.

        Returns:
            (H, W, 3) uint8 BGR.
        """
