# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""OpenCV and FFmpeg print to stderr what we report in our own words."""

from __future__ import annotations

import os

import cv2

_FFMPEG_QUIET = "-8"


def quiet_opencv() -> None:
    """Silence their chatter, unless the person has asked for it by OpenCV's own variables.

    FFmpeg's level is read when the first capture of the process is opened: call this before.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _FFMPEG_QUIET)
    if "OPENCV_LOG_LEVEL" in os.environ:
        return
    if hasattr(cv2, "setLogLevel"):
        cv2.setLogLevel(0)
    elif hasattr(cv2, "utils") and hasattr(cv2.utils, "logging"):
        cv2.utils.logging.setLogLevel(0)
