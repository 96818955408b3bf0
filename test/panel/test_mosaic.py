# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The overlays of several cameras side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import pytest
from fixtures.pictures import plain

from vfrt_ros.panel import mosaic
from vfrt_ros.panel.mosaic import TILE, Mosaic, side_by_side

WIDTH, HEIGHT = TILE


def jpeg(colour: str, size: tuple[int, int] = (640, 480)) -> bytes:
    return bytes(cv2.imencode(".jpg", plain(colour, size))[1])


def shown(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


GRIDS = {1: (1, 1), 2: (2, 1), 3: (2, 2), 4: (2, 2), 5: (3, 2), 10: (4, 3)}


@pytest.mark.parametrize(("count", "grid"), GRIDS.items(), ids=[f"{count} cameras" for count in GRIDS])
def test_each_has_a_tile_of_its_own(count: int, grid: tuple[int, int]) -> None:
    picture = shown(side_by_side({f"camera{number}": jpeg("red") for number in range(count)}))
    assert picture.shape == (grid[1] * HEIGHT, grid[0] * WIDTH, 3)


def test_a_tile_shows_its_camera_and_a_dark_one_that_there_is_none() -> None:
    given = {"front": jpeg("red"), "left": jpeg("green", (320, 480)), "door": b"", "rear": b"no JPEG"}
    picture = shown(side_by_side(given)).astype(int)
    tiles = [
        picture[row + 16 : row + HEIGHT - 40, column + 16 : column + WIDTH - 16].reshape(-1, 3)
        for row in (0, HEIGHT)
        for column in (0, WIDTH)
    ]
    assert np.allclose(np.median(tiles[0], axis=0), (0, 0, 255), atol=8)
    assert np.allclose(picture[HEIGHT // 2, WIDTH + WIDTH // 2], (0, 255, 0), atol=8)
    assert picture[HEIGHT // 2, WIDTH + 20].max() < 60, "an upright picture is not stretched"
    assert max(tiles[2].max(), tiles[3].max()) < 60


class Stream:
    """Pictures that a test gives."""

    def __init__(self) -> None:
        self.newest, self.ended = b"", False
        self.watchers: list[Callable[[], None]] = []

    @contextmanager
    def watch(self, news: Callable[[], None]) -> Iterator[None]:
        self.watchers.append(news)
        yield
        self.watchers.remove(news)

    def show(self) -> None:
        for news in self.watchers:
            news()


def test_news_of_all_come_together_and_the_last_is_never_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = {name: Stream() for name in ("front", "left")}
    told = threading.Semaphore(0)
    now = [100.0]
    monkeypatch.setattr(mosaic.time, "monotonic", lambda: now[0])
    with Mosaic(streams).watch(told.release):
        streams["front"].show()
        assert told.acquire(timeout=20.0), "the first at once"
        for _ in range(5):
            streams["left"].show()
        now[0] += 1.0
        assert told.acquire(timeout=20.0), "what came meanwhile is told later, once"
        assert not told.acquire(timeout=0.0)
    assert not any(stream.watchers for stream in streams.values())


def test_the_end_is_told_at_once() -> None:
    streams = {name: Stream() for name in ("front", "left")}
    told: list[int] = []
    made = Mosaic(streams)
    with made.watch(lambda: told.append(1)):
        streams["front"].show()
        streams["left"].ended = True
        streams["left"].show()
    assert made.ended
    assert len(told) >= 2
