# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Video files and streams."""

from __future__ import annotations

import math
import re
from pathlib import Path

import cv2
import numpy as np

from vfrt_ros.core.sources.capture import Capture, OpenCapture, open_capture
from vfrt_ros.core.sources.next_frame import next_frame
from vfrt_ros.core.sources.source import Frame, Image, Source
from vfrt_ros.core.sources.stream_url import parse_stream_url
from vfrt_ros.core.types.errors import SourceError, UnusableSourceError
from vfrt_ros.core.types.without_password import without_password

STREAM = re.compile(r"^(rtsp|rtsps|rtmp|http|https|udp|tcp)://", re.IGNORECASE)
_TIMEOUT_MS = 10_000


class VideoSource(Source):
    """A video file, or a stream at a URL. Files have their own timeline; it goes on through the loops.

    Raises:
        SourceError: The file is missing or not a video, or nothing answers at the URL.
    """

    def __init__(self, spec: str, *, loop: bool, capture: OpenCapture = open_capture) -> None:
        is_stream = STREAM.match(spec) is not None
        super().__init__(spec, f"{'stream' if is_stream else 'video'} {without_password(spec)}")
        path = parse_stream_url(spec).encoded if is_stream else str(Path(spec).expanduser())
        if not is_stream and not Path(path).is_file():
            raise SourceError(f"There is no video file {spec}.")
        self._loop = loop
        self._capture = capture(path, cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            self.close()
            if is_stream:
                raise SourceError(f"Nothing that can be played answers at {without_password(spec)}.")
            raise UnusableSourceError(f"{spec} is no video that OpenCV can play.")
        _limit_waiting(self._capture)
        self.fps = _finite(self._capture.get(cv2.CAP_PROP_FPS))
        self.live = is_stream and self._capture.get(cv2.CAP_PROP_FRAME_COUNT) <= 0
        self._lap_start = 0.0
        self._last = -1.0

    def read(self, since: float = 0.0) -> Frame | None:
        """The next frame that isn't older than `since`; see `Source.read`."""
        if self.live:
            return Frame(next_frame(self._capture, f"The {self.name}"))
        try:
            return self._read_recorded(since)
        except cv2.error as error:
            raise SourceError(f"The {self.name} has failed: {without_password(str(error.err))}.") from error

    def close(self) -> None:
        """Close the file or the connection."""
        self._capture.release()

    def _read_recorded(self, since: float) -> Frame | None:
        time = -1.0
        while time < since:
            if not self._capture.grab() and not self._rewind():
                return None
            time = self._time()
        return Frame(self._retrieve(), time)

    def _time(self) -> float:
        """Seconds of the grabbed frame on the timeline, which always goes forward."""
        told = self._lap_start + _finite(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
        period = 1 / self.fps if self.fps else 1 / 30
        self._last = told if told > self._last else self._last + period
        return self._last

    def _rewind(self) -> bool:
        """Go back to the first frame and grab it; False where the end is the end."""
        if not self._loop:
            return False
        if self._last < 0:
            raise SourceError(f"The {self.name} has no frame.")
        self._lap_start = self._last + (1 / self.fps if self.fps else 1 / 30)
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
        if not self._capture.grab():
            raise SourceError(f"The {self.name} cannot be started again.")
        return True

    def _retrieve(self) -> Image:
        good, image = self._capture.retrieve()
        if not good or image is None:
            raise SourceError(f"A frame of the {self.name} cannot be decoded.")
        return np.asarray(image, dtype=np.uint8)


def _limit_waiting(capture: Capture) -> None:
    if hasattr(cv2, "CAP_PROP_READ_TIMEOUT_MSEC"):
        capture.set(cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT_MS)


def _finite(number: float) -> float:
    return number if math.isfinite(number) and number > 0 else 0.0
