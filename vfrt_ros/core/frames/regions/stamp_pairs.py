# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes and the picture that they lie in, brought together by their stamps, whichever comes first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

PICTURES = 32
"""Pictures to keep: a second of a camera, which is longer than a detector takes."""
PICTURE_BYTES = 64 * 2**20
"""Bytes that the pictures may take together; the newest one is kept however large it is."""
WAITING = 8
"""Messages of boxes that wait for their picture."""

Picture = TypeVar("Picture")
Boxes = TypeVar("Boxes")


class StampPairs(Generic[Picture, Boxes]):
    """Finds the picture in which boxes were found.

    Boxes belong to the picture with their own stamp. Where there is none, they belong to the nearest one within a
    limit; that is known once a later picture is there. Boxes may come long after their picture, or before it. Of
    pictures with one stamp, as a driver sends them that sets none, the newest counts.

    Threads: not safe; the caller holds a lock.

    Args:
        size: Bytes of a picture.

    Attributes:
        missed: Messages of boxes that fitted no picture.

    >>> pairs = StampPairs[str, str](len)
    >>> pairs.add_picture(100, "a", 20), pairs.add_boxes(100, "exact", 20)
    ([], [('a', 'exact')])
    >>> pairs.add_boxes(112, "near", 20), pairs.add_picture(150, "b", 20)
    ([], [('a', 'near')])
    """

    def __init__(self, size: Callable[[Picture], int]) -> None:
        self._size = size
        self._pictures: deque[tuple[int, Picture]] = deque()
        self._boxes: deque[tuple[int, Boxes]] = deque()
        self._bytes = 0
        self.missed = 0

    def add_picture(self, stamp: int, picture: Picture, limit: int) -> list[tuple[Picture, Boxes]]:
        """Keep a picture.

        Args:
            stamp: In nanoseconds. Where it is before the last one, time has begun anew: nothing else is kept.
            picture: The picture.
            limit: Nanoseconds by which stamps may differ.

        Returns:
            The pairs that it completes.
        """
        if self._pictures and stamp < self._pictures[-1][0]:
            self.clear()
        self._pictures.append((stamp, picture))
        self._bytes += self._size(picture)
        while len(self._pictures) > PICTURES or (self._bytes > PICTURE_BYTES and len(self._pictures) > 1):
            self._bytes -= self._size(self._pictures.popleft()[1])
        waiting, self._boxes = self._boxes, deque()
        return [pair for boxes_stamp, boxes in waiting for pair in self.add_boxes(boxes_stamp, boxes, limit)]

    def add_boxes(self, stamp: int, boxes: Boxes, limit: int) -> list[tuple[Picture, Boxes]]:
        """Find the picture of boxes, or keep them until it comes.

        Args:
            stamp: In nanoseconds, of the picture that they were found in.
            boxes: The boxes.
            limit: Nanoseconds by which stamps may differ.

        Returns:
            The one pair, or none.
        """
        if not self._pictures or self._pictures[-1][0] < stamp:
            self._boxes.append((stamp, boxes))
            if len(self._boxes) > WAITING:
                self._boxes.popleft()
                self.missed += 1
            return []
        nearest, picture = min(reversed(self._pictures), key=lambda kept: abs(kept[0] - stamp))
        if abs(nearest - stamp) <= limit:
            return [(picture, boxes)]
        self.missed += 1
        return []

    def clear(self) -> None:
        """Another stream begins."""
        self._pictures.clear()
        self._boxes.clear()
        self._bytes = 0
