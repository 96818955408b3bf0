# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The part of `cv2.VideoCapture` that the sources use, so that a fake can take its place."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol

import cv2

_FFMPEG_QUIET = "-8"


def quiet_opencv() -> None:
    """Silence what OpenCV and FFmpeg print, unless the person has asked for it by their own variables.

    FFmpeg's level is read when the first capture of the process is opened: call this before.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _FFMPEG_QUIET)
    if "OPENCV_LOG_LEVEL" in os.environ:
        return
    if hasattr(cv2, "setLogLevel"):
        cv2.setLogLevel(0)
    elif hasattr(cv2, "utils") and hasattr(cv2.utils, "logging"):
        cv2.utils.logging.setLogLevel(0)


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
