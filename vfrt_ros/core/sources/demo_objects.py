# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`demo:objects`: photographs that are pushed over a table, so that there are several things in the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vfrt_ros.core.sources.demo import TimedSource, demo_folder
from vfrt_ros.core.sources.images import load_image
from vfrt_ros.core.sources.source import Image

NAME = "demo:objects"
EMPTY_SECONDS = 1.5
"""For which nothing is on the table at first: `regions: motion` learns what it looks like."""


@dataclass(frozen=True, slots=True)
class Card:
    """A photograph on the table.

    Attributes:
        name: What it shows.
        file: In the data folder of scikit-image.
        part: Left, top, right and bottom of what is shown of it, as shares of its width and height.
        lane: Height of its middle, as a share of the picture.
        start: Seconds after which it comes in.
    """

    name: str
    file: str
    part: tuple[float, float, float, float]
    lane: float
    start: float


CARDS = (
    Card("cat", "chelsea.png", (0.15, 0.0, 0.85, 1.0), 0.33, EMPTY_SECONDS),
    Card("cup of coffee", "coffee.png", (0.15, 0.0, 0.85, 1.0), 0.76, 2.5),
    Card("rocket", "rocket.jpg", (0.2, 0.1, 0.8, 0.95), 0.33, 11.5),
)
PERIOD = 20.0
"""Seconds in which a card crosses the table from beyond its left edge to beyond its right one, again and again."""
HEIGHT_SHARE = 0.38
"""Of a card, of the picture's height."""


class DemoObjectsSource(TimedSource):
    """The table, forever; the same time always shows the same picture.

    Args:
        size: Width and height in pixels.
        fps: Pictures a second.
        folder: Of the photographs; None = those of scikit-image.

    Raises:
        SourceError: The photographs aren't there; says what to install.
    """

    def __init__(self, *, size: tuple[int, int], fps: float, folder: Path | None = None) -> None:
        super().__init__(NAME, fps)
        self._table = _table(size)
        folder = folder or demo_folder()
        self._cards = [(card, _cut(load_image(folder / card.file), card, size)) for card in CARDS]

    def picture_at(self, time: float) -> Image:
        """See `TimedSource.picture_at`."""
        picture = self._table.copy()
        for box, photo, _ in self._on_table(time):
            x, y, wide, high = box
            left, right = max(x, 0), min(x + wide, picture.shape[1])
            picture[y : y + high, left:right] = photo[:, left - x : right - x]
        return picture

    def things_at(self, time: float) -> list[tuple[str, tuple[int, int, int, int]]]:
        """The things that lie on the table at a time.

        Args:
            time: Seconds since the start.

        Returns:
            Name and box of each thing: left, top, width and height of the part that is in the picture, in pixels.
        """
        width = self._table.shape[1]
        found = []
        for (x, y, wide, high), _, name in self._on_table(time):
            left, right = max(x, 0), min(x + wide, width)
            found.append((name, (left, y, right - left, high)))
        return found

    def _on_table(self, time: float) -> Iterator[tuple[tuple[int, int, int, int], Image, str]]:
        """Boxes (beyond the picture's edges, too), photographs and names of what is to be seen."""
        height, width = self._table.shape[:2]
        for card, photo in self._cards:
            high, wide = photo.shape[:2]
            along = (time - card.start) % PERIOD / PERIOD
            x, y = round(-wide + along * (width + wide)), round(card.lane * height - high / 2)
            if time >= card.start and max(x, 0) < min(x + wide, width):
                yield (x, y, wide, high), photo, card.name


def _table(size: tuple[int, int]) -> Image:
    """A board with a grain, always the same."""
    width, height = size
    random = np.random.default_rng(0)
    grain = cv2.resize(random.normal(0, 1, (height // 4 + 1, 6)), size, interpolation=cv2.INTER_CUBIC)
    fine = random.normal(0, 1.5, (height, width))
    light = np.linspace(-8, 8, width)[None]
    board = np.array((112, 150, 178), np.float64) + (5 * grain + fine + light)[..., None]
    return np.clip(board, 0, 255).astype(np.uint8)


def _cut(photo: Image, card: Card, size: tuple[int, int]) -> Image:
    """The part of a photograph that its card shows, in its size on the table."""
    height, width = photo.shape[:2]
    left, top, right, bottom = card.part
    part = photo[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
    high = max(1, round(HEIGHT_SHARE * size[1]))
    wide = max(1, round(high * part.shape[1] / part.shape[0]))
    return np.asarray(cv2.resize(part, (wide, high), interpolation=cv2.INTER_AREA), np.uint8)
