# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The overlays of several cameras side by side, as one stream: a browser opens few connections to one address."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.report.lettering import shade, write
from vfrt_ros.panel.picture_stream import PictureStream

TILE = (480, 360)
"""Width and height of one camera's part, in pixels."""
INTERVAL = 0.2
"""Seconds between two pictures at least."""
_NAME_HEIGHT, _SIZE, _MARGIN, _QUALITY = 30, 17, 10, 85
_WHITE = (255, 255, 255)

Picture = npt.NDArray[np.uint8]


class Mosaic:
    """Watches several streams of pictures and gives one of all of them.

    Threads: `watch` and `newest` are for one watcher's thread; the streams tell of news in the link's.

    Args:
        streams: By the camera's name.
    """

    def __init__(self, streams: Mapping[str, PictureStream]) -> None:
        self._streams = dict(streams)

    @property
    def ended(self) -> bool:
        """Whether the streams have ended."""
        return any(stream.ended for stream in self._streams.values())

    @property
    def newest(self) -> bytes:
        """The newest pictures side by side, as a JPEG."""
        return side_by_side({name: stream.newest for name, stream in self._streams.items()})

    @contextmanager
    def watch(self, news: Callable[[], None]) -> Iterator[None]:
        """Have `news` called for new pictures, not more often than five times a second."""
        lock, due = threading.Lock(), 0.0
        timer: threading.Timer | None = None

        def tell() -> None:
            nonlocal due, timer
            with lock:
                now = time.monotonic()
                if self.ended or now >= due:
                    due = now + INTERVAL
                elif timer is None or not timer.is_alive():
                    timer = threading.Timer(due - now, tell)
                    timer.daemon = True
                    timer.start()
                    return
                else:
                    return
            news()

        with ExitStack() as stack:
            for stream in self._streams.values():
                stack.enter_context(stream.watch(tell))
            yield
        with lock:
            if timer is not None:
                timer.cancel()


def side_by_side(pictures: Mapping[str, bytes]) -> bytes:
    """JPEGs as one, each with its name on it.

    Args:
        pictures: By name; empty or broken = there is none yet, and its place is dark.

    Returns:
        A JPEG of a grid that is about as wide as it is high, in tiles.
    """
    columns = math.ceil(math.sqrt(len(pictures)))
    width, height = TILE
    grid = np.full((math.ceil(len(pictures) / columns) * height, columns * width, 3), 24, np.uint8)
    for number, (name, jpeg) in enumerate(pictures.items()):
        row, column = divmod(number, columns)
        tile = grid[row * height : (row + 1) * height, column * width : (column + 1) * width]
        _fill(tile, jpeg)
        # The overlay has its candidates at the lower left.
        shade(tile[-_NAME_HEIGHT:, width // 2 :])
        write(
            tile,
            name,
            width - _MARGIN,
            height - _NAME_HEIGHT / 2,
            _SIZE,
            _WHITE,
            align="right",
            room=width / 2,
        )
    return bytes(cv2.imencode(".jpg", grid, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])


def _fill(tile: Picture, jpeg: bytes) -> None:
    """Put a picture into the middle of a tile, as large as fits."""
    shown = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if shown is None:
        return
    height, width = tile.shape[:2]
    share = min(width / shown.shape[1], height / shown.shape[0])
    size = max(1, round(share * shown.shape[1])), max(1, round(share * shown.shape[0]))
    small = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    tile[top : top + size[1], left : left + size[0]] = small
