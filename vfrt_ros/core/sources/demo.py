# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A camera for machines that have none: a slow pan and zoom over real photographs."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vfrt_ros.core.encoders.photographs import photo_folder
from vfrt_ros.core.sources.images import load_image
from vfrt_ros.core.sources.source import Frame, Image, Source
from vfrt_ros.core.types.errors import SourceError


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


SECONDS_PER_PHOTO = 8.0


@dataclass(frozen=True, slots=True)
class Shot:
    """A photograph and where the camera goes on it.

    Attributes:
        file: In the data folder of scikit-image.
        subject: What is to be seen.
        centre: Where the subject's centre is, as shares of width and height.
        closest: Share of the full view that is left at the closest point; the subject fits into it.
    """

    file: str
    subject: str
    centre: tuple[float, float]
    closest: float


SHOTS = (
    Shot("chelsea.png", "cat", (0.42, 0.50), 0.78),
    Shot("coffee.png", "cup of coffee", (0.48, 0.44), 0.82),
    Shot("rocket.jpg", "rocket", (0.50, 0.62), 0.72),
    Shot("motorcycle_left.png", "motorcycle", (0.52, 0.56), 0.92),
    Shot("astronaut.png", "astronaut", (0.47, 0.33), 0.80),
)


class DemoSource(TimedSource):
    """The photographs in turn, forever; the same time always shows the same picture.

    Raises:
        SourceError: The photographs aren't there; says what to install.
    """

    def __init__(self, *, size: tuple[int, int], fps: float, folder: Path | None = None) -> None:
        super().__init__("demo", fps)
        self._size = size
        folder = folder or demo_folder()
        self._photos = [_shrunk(load_image(folder / shot.file), size) for shot in SHOTS]

    def picture_at(self, time: float) -> Image:
        """See `TimedSource.picture_at`."""
        index, into = divmod(time, SECONDS_PER_PHOTO)
        number = int(index) % len(SHOTS)
        nearness = (1 - math.cos(2 * math.pi * into / SECONDS_PER_PHOTO)) / 2
        return view(self._photos[number], SHOTS[number], nearness, self._size)


def demo_folder() -> Path:
    """Where the photographs are.

    Raises:
        SourceError: scikit-image is not installed.
    """
    folder = photo_folder()
    if folder is None:
        raise SourceError(
            "Source demo shows photographs of the package scikit-image: pip install scikit-image"
        )
    return folder


def view(photo: Image, shot: Shot, nearness: float, size: tuple[int, int]) -> Image:
    """A photograph through the camera.

    Args:
        photo: (H, W, 3) uint8.
        shot: Where the camera goes.
        nearness: 0 = all of the photograph that fits the format, 1 = the closest view of the subject.
        size: Width and height of the result in pixels.

    Returns:
        (size[1], size[0], 3) uint8.
    """
    height, width = photo.shape[:2]
    full = min(width / size[0], height / size[1])
    scale = full * (1 + nearness * (shot.closest - 1))
    half = size[0] * scale / 2, size[1] * scale / 2
    x = _between(shot.centre[0] * width, half[0], width - half[0])
    y = _between(shot.centre[1] * height, half[1], height - half[1])
    matrix = np.array([[scale, 0, x - half[0]], [0, scale, y - half[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    picture = cv2.warpAffine(photo, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(picture, dtype=np.uint8)


def _shrunk(photo: Image, size: tuple[int, int]) -> Image:
    """A photograph that is larger than the view needs it, made smaller, so that fine lines don't flicker."""
    scale = max(size[0] / photo.shape[1], size[1] / photo.shape[0])
    if scale >= 1:
        return photo
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def _between(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
