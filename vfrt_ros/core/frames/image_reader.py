# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The pictures of one topic, one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vfrt_ros.core.frames.auto_gain import AutoGain
from vfrt_ros.core.frames.compressed_image import frame_from_compressed
from vfrt_ros.core.frames.encodings import Encoding, find_encoding
from vfrt_ros.core.frames.raw_image import MAX_MEGAPIXELS, Frame, frame_from_image


class ImageReader:
    """Turns the messages of a topic into frames; keeps the range of more than 8 bits steady from one to the next.

    Threads: one at a time.

    Args:
        tell: Gets one line for each encoding that leaves something open: what it is taken as.
    """

    def __init__(self, tell: Callable[[str], None] = lambda line: None) -> None:
        self._tell = tell
        self._told: set[str] = set()
        self._gain = AutoGain()

    def read(self, message: Any, *, max_megapixels: float = MAX_MEGAPIXELS) -> Frame:
        """The frame of an Image or CompressedImage message, of whatever library's class.

        Args:
            message: With `encoding`, or with `format`.
            max_megapixels: Larger pictures are refused.

        Returns:
            (H, W, 3) uint8 BGR; it may share its memory with the message.

        Raises:
            FrameError: As `frame_from_image` and `frame_from_compressed` do.
        """
        if not hasattr(message, "encoding"):
            return frame_from_compressed(message, max_megapixels=max_megapixels, gain=self._gain)
        frame = frame_from_image(message, max_megapixels=max_megapixels, gain=self._gain)
        self._tell_assumption(find_encoding(message.encoding))
        return frame

    def _tell_assumption(self, encoding: Encoding) -> None:
        if encoding.taken_as and encoding.name not in self._told:
            self._told.add(encoding.name)
            self._tell(
                f"Pictures of encoding {encoding.name}, which names no colours, are taken as {encoding.taken_as}."
            )
