# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The part of `cv2.VideoCapture` that the sources use, so that a fake can take its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import cv2

from vfrt_ros.core.sources.quiet_opencv import quiet_opencv


class Capture(Protocol):
    """See `cv2.VideoCapture`."""

    def isOpened(self) -> bool: ...  # noqa: N802 (OpenCV's name)

    def grab(self) -> bool: ...

    def retrieve(self) -> tuple[bool, Any]: ...

    def get(self, prop: int, /) -> float: ...

    def set(self, prop: int, value: float, /) -> bool: ...

    def release(self) -> None: ...


OpenCapture = Callable[[str, int], Capture]


def open_capture(target: str, backend: int) -> Capture:
    """A quiet capture of a file, URL, device path, or (all digits) device index."""
    quiet_opencv()
    return cv2.VideoCapture(int(target) if target.isdecimal() else target, backend)
