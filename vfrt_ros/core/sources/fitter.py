# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Make a source's pictures ready to be shown: watched for faults, turned upright, fitted to one size."""

from __future__ import annotations

from collections.abc import Callable

from vfrt_ros.core.sources.fit import describe_fit, fit
from vfrt_ros.core.sources.notice import Event, Notice
from vfrt_ros.core.sources.picture_watch import PictureWatch, Sight
from vfrt_ros.core.sources.source import Image, Source


class Fitter:
    """Used by one thread at a time, that which reads; `sight` by any.

    Args:
        size: Width and height that every picture gets, see `fit`.
        turn: Makes a picture upright, before it is fitted to the size.
        report: Gets a `Notice` when the pictures freeze or turn black, and when their size changes.
    """

    def __init__(
        self, size: tuple[int, int], turn: Callable[[Image], Image], report: Callable[[Notice], None]
    ) -> None:
        self._size = self._seen_size = size
        self._turn = turn
        self._report = report
        self._pictures = PictureWatch()

    @property
    def sight(self) -> Sight:
        """Whether the pictures are frozen or black."""
        return self._pictures.sight

    def restart(self) -> None:
        """Another source is open: what its pictures are like is not known yet."""
        self._pictures.restart()

    def fitted(self, source: Source, image: Image, now: float) -> Image:
        """The picture as (size[1], size[0], 3) uint8 BGR.

        Args:
            source: Of the picture.
            image: (h, w, 3) uint8 BGR.
            now: Seconds of a clock that never jumps.
        """
        watched = source.live and not source.polled
        notice = self._pictures.tell(source.name, image, now) if watched else None
        if notice is not None:
            self._report(notice)
        image = self._turn(image)
        size = (image.shape[1], image.shape[0])
        changed, self._seen_size = size != self._seen_size, size
        if changed and not source.mixed_sizes and size != self._size:
            self._report(Notice(Event.RESIZED, f"The {source.name}: {describe_fit(size, self._size)}."))
        return fit(image, self._size)
