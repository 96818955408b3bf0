# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The next frame of a capture that goes on for ever, over a read that fails now and then."""

from __future__ import annotations

import time

import cv2
import numpy as np

from vfrt_ros.core.sources.capture import Capture
from vfrt_ros.core.sources.source import Image
from vfrt_ros.core.types.errors import SourceError
from vfrt_ros.core.types.without_password import without_password

MOST_MISSES = 10
"""Reads that may fail one after another: cameras lose a frame on a bad cable, streams to a lost packet."""
MISS_PAUSE_S = 0.01


def next_frame(capture: Capture, name: str) -> Image:
    """The next frame.

    Args:
        capture: Open.
        name: What to call it in a message, without secrets.

    Returns:
        (H, W, 3) uint8 BGR.

    Raises:
        SourceError: `MOST_MISSES` reads in a row have failed.
    """
    fault = "delivers no more frames"
    for _ in range(MOST_MISSES):
        try:
            good, image = capture.retrieve() if capture.grab() else (False, None)
        except cv2.error as error:
            good, image = False, None
            fault = f"has failed: {without_password(str(error.err))}"
        if good and image is not None:
            return np.asarray(image, dtype=np.uint8)
        time.sleep(MISS_PAUSE_S)
    raise SourceError(f"{name} {fault}.")
