# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A source, a capture and a clock that do what a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import cv2
import numpy as np

from vfrt_ros.core.sources.source import Frame, Image, Source
from vfrt_ros.core.types.errors import SourceError


def picture(value: int = 0, size: tuple[int, int] = (64, 48)) -> Image:
    return np.full((size[1], size[0], 3), value, np.uint8)


class FakeClock:
    """Waiting takes no time, but the clock moves on by it."""

    def __init__(self) -> None:
        self.time = 100.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        self.time += max(0.0, seconds)
        return stop.is_set()


class FakeSource(Source):
    """Plays a script: frames, errors to raise, None for the end, callables to call."""

    def __init__(self, script: Iterable[Any], *, live: bool = True) -> None:
        super().__init__("fake", "fake camera")
        self.live = live
        self.script = list(script)
        self.asked: list[float] = []
        self.closed = threading.Event()

    def read(self, since: float = 0.0) -> Frame | None:
        self.asked.append(since)
        if not self.script:
            raise SourceError("The fake camera delivers no more frames.")
        step = self.script.pop(0)
        if callable(step):
            step = step()
        if isinstance(step, Exception):
            raise step
        return step

    def close(self) -> None:
        self.closed.set()


class FakeCapture:
    """`cv2.VideoCapture` with frames from a list; an exception in it is raised by `grab`."""

    def __init__(self, frames: list[Any], *, opened: bool = True, **properties: float) -> None:
        self.frames = frames
        self.opened = opened
        self.position = 0
        self.released = 0
        self.properties = {getattr(cv2, f"CAP_PROP_{name}"): value for name, value in properties.items()}
        self.opened_with: tuple[str, int] | None = None

    def __call__(self, target: str, backend: int) -> FakeCapture:
        self.opened_with = (target, backend)
        return self

    def isOpened(self) -> bool:  # noqa: N802 (OpenCV's name)
        return self.opened

    def grab(self) -> bool:
        if self.position >= len(self.frames):
            return False
        self.position += 1
        current = self.frames[self.position - 1]
        if isinstance(current, Exception):
            raise current
        return True

    def retrieve(self) -> tuple[bool, Any]:
        current = self.frames[self.position - 1]
        return current is not None, current

    def get(self, prop: int, /) -> float:
        if prop == cv2.CAP_PROP_POS_MSEC:
            return 1000 * (self.position - 1) / self.properties.get(cv2.CAP_PROP_FPS, 30)
        return self.properties.get(prop, 0.0)

    def set(self, prop: int, value: float, /) -> bool:
        if prop == cv2.CAP_PROP_POS_FRAMES:
            self.position = int(value)
        self.properties[prop] = value
        return True

    def release(self) -> None:
        self.released += 1


def opens(*sources: Source | Exception) -> Callable[[], Source]:
    """An opener that gives these, one after another."""
    left = list(sources)

    def opener() -> Source:
        step = left.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    return opener
