# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Sees when a camera delivers, but nothing worth having: the same picture for ever, or black."""

from __future__ import annotations

import zlib
from enum import Enum

import numpy as np

from vfrt_ros.core.sources.notice import Event, Notice
from vfrt_ros.core.sources.source import Image
from vfrt_ros.core.types.errors import SourceError

FROZEN_S = 3.0
"""A sensor's noise makes each picture another one: a camera does not give the same bytes for so long."""
BLACK_S = 1.0
BLACK_MEAN = 10.0
"""Mean of the grey values, of 255, below which a picture counts as black: a covered lens, not a dim room."""
STEP = 8
"""Every 8th pixel of every 8th row is looked at."""


class Sight(Enum):
    """How the pictures of late look: good, or of no use."""

    GOOD = "good"
    FROZEN = "frozen"
    BLACK = "black"


class PictureWatch:
    """Looks at the pictures of a live source, one after another; not thread-safe.

    >>> watch, black = PictureWatch(), np.zeros((48, 64, 3), np.uint8)
    >>> [watch.look(black, time).value for time in (0.0, 0.9, 1.0)]
    ['good', 'good', 'black']
    """

    def __init__(self) -> None:
        self.sight = Sight.GOOD
        self._reopened = False
        self._print = 0
        self._same_since: float | None = None
        self._black_since: float | None = None

    def look(self, image: Image, now: float) -> Sight:
        """Look at the next picture, and say how the pictures up to it are.

        Args:
            image: (H, W, 3) uint8.
            now: Seconds, never going back.
        """
        sample = np.ascontiguousarray(image[::STEP, ::STEP])
        print_ = zlib.crc32(sample.data)
        if print_ != self._print:
            self._reopened = False
        if print_ != self._print or self._same_since is None:
            self._print, self._same_since = print_, now
        if float(sample.mean()) >= BLACK_MEAN:
            self._black_since = None
        elif self._black_since is None:
            self._black_since = now
        if self._black_since is not None and now - self._black_since >= BLACK_S:
            return Sight.BLACK
        return Sight.FROZEN if now - self._same_since >= FROZEN_S else Sight.GOOD

    def tell(self, name: str, image: Image, now: float) -> Notice | None:
        """Say something about this picture, once, when it changes.

        Args:
            name: Of the source.
            image, now: As for `look`.

        Raises:
            SourceError: The pictures have frozen: opening the source again may help. Where it did not, it
                is not tried twice, but told.
        """
        before, self.sight = self.sight, self.look(image, now)
        if self.sight is before:
            return None
        if self.sight is Sight.FROZEN and not self._reopened:
            self._reopened, self.sight = True, before
            raise SourceError(f"The {name} gives the same picture again and again.")
        event, words = _NEWS[self.sight]
        return Notice(event, f"The {name} {words}")

    def restart(self) -> None:
        """The source was opened again: count the time anew."""
        self._same_since = self._black_since = None


_NEWS = {
    Sight.GOOD: (Event.SEES, "shows something again."),
    Sight.FROZEN: (Event.FROZEN, "gives the same picture also after it was opened again: has it frozen?"),
    Sight.BLACK: (Event.BLACK, "gives black pictures: is the lens covered, or the room dark?"),
}
