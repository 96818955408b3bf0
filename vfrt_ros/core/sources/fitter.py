# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Make a source's pictures ready to be shown: watched for faults, turned upright, fitted to one size."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from vfrt_ros.core.sources.notice import Event, Notice
from vfrt_ros.core.sources.picture_watch import PictureWatch, Sight
from vfrt_ros.core.sources.source import Image, Source


def fit(image: Image, size: tuple[int, int]) -> Image:
    """The middle of a picture, in exactly this size.

    Proportions are kept, so nothing looks stretched; what sticks out on two sides is cut off, as a camera
    of that format would have done.

    Args:
        image: (H, W, 3) uint8.
        size: Width and height in pixels.

    Returns:
        (size[1], size[0], 3) uint8, contiguous; the same array where nothing had to be done.

    >>> fit(np.zeros((720, 1280, 3), np.uint8), (640, 480)).shape
    (480, 640, 3)
    """
    width, height = size
    have_height, have_width = image.shape[:2]
    if (have_width, have_height) == size:
        return image
    scale = max(width / have_width, height / have_height)
    cut_width = min(have_width, max(1, round(width / scale)))
    cut_height = min(have_height, max(1, round(height / scale)))
    left, top = (have_width - cut_width) // 2, (have_height - cut_height) // 2
    cut = image[top : top + cut_height, left : left + cut_width]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(cut, size, interpolation=how), dtype=np.uint8)


def describe_fit(have: tuple[int, int], size: tuple[int, int]) -> str:
    """Describe what `fit` does to a picture of width and height `have`.

    >>> describe_fit((1280, 720), (640, 480))
    'frames of 1280x720 are cut at the sides and scaled to 640x480'
    """
    words = []
    if have[0] * size[1] > size[0] * have[1]:
        words.append("cut at the sides")
    elif have[0] * size[1] < size[0] * have[1]:
        words.append("cut at top and bottom")
    words.append(f"scaled to {size[0]}x{size[1]}")
    return f"frames of {have[0]}x{have[1]} are {' and '.join(words)}"


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
