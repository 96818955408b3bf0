# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures out of a recording of ROS 2 or ROS 1, read without a ROS install."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vfrt_ros.core.frames.image_reader import ImageReader
from vfrt_ros.core.sources.recording import Message, Recording, open_recordings
from vfrt_ros.core.sources.source import Frame, Image, Source
from vfrt_ros.core.types.errors import FrameError, SourceError, words_of

RAW, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"

LAP_PAUSE = 1 / 30
"""Seconds from the last picture to the first one of the next round."""

_log = logging.getLogger(__name__)


class BagSource(Source):
    """The pictures of one topic, each at the time of its header's stamp.

    A message without a stamp is at the time of its recording. A picture that cannot be used is left out, counted
    in `left_out`, and named where it is the first of its kind.

    Args:
        place: A rosbag2 folder, a `.db3`, `.mcap` or `.bag` file.
        topic: Of type Image or CompressedImage; empty = the only one that there is.
        loop: Begin anew at the end.
        warn: Gets one line for what is missing or left out.

    Raises:
        SourceError: The folder is not a bag, has no such topic, or has several and none was named.
    """

    mixed_sizes = True

    def __init__(
        self,
        place: Path,
        topic: str = "",
        *,
        loop: bool = False,
        warn: Callable[[str], None] = _log.warning,
    ) -> None:
        super().__init__(f"{place}#{topic}" if topic else str(place), f"bag {place}")
        self._loop = loop
        self._warn = warn
        self._reader = ImageReader(warn)
        self._recordings = open_recordings(place, warn)
        try:
            self._topic = self._choose(topic)
        except SourceError:
            self.close()
            raise
        self._messages = self._read_messages()
        self._start: float | None = None
        self._lap = self._last = 0.0
        self._number = 0
        self._why = ""

    def read(self, since: float = 0.0) -> Frame | None:
        """The next picture, none left out for being late; see `Source.read`."""
        frame = self._next()
        if frame is None and self._start is None and self.left_out:
            raise SourceError(
                f"The {self.name} has no picture on {self._topic} that can be used: {self._why}"
            )
        if frame is None and self._loop and self._start is not None:
            self._messages, self._start, self._lap = self._read_messages(), None, self._last + LAP_PAUSE
            frame = self._next()
        return frame

    @property
    def start(self) -> float | None:
        """When the first frame of this round was taken, seconds since 1970; None before it was read."""
        return self._start

    def close(self) -> None:
        """Close the bag."""
        recordings, self._recordings = self._recordings, []
        for recording in recordings:
            recording.close()

    def _next(self) -> Frame | None:
        for recorded, take in self._messages:
            self._number += 1
            try:
                message = take()
                image = self._reader.read(message)
            except FrameError as error:
                self._leave_out(error.kind, str(error))
            except Exception as error:  # a broken message makes the deserialiser raise whatever it does
                self._leave_out("malformed", words_of(error))
            else:
                return self._frame(image, _stamp_of(message) or recorded)
        return None

    def _frame(self, image: Image, seconds: float) -> Frame:
        self._start = seconds if self._start is None else self._start
        self._last = self._lap + seconds - self._start
        return Frame(image, self._last)

    def _leave_out(self, kind: str, why: str) -> None:
        if self._lap:
            return
        self._why = self._why or why
        self.left_out[kind] += 1
        if self.left_out[kind] == 1:
            self._warn(
                f"Picture {max(1, self._number)} of the {self.name} is left out ({kind}): {why.rstrip('.')}. "
                "Others like it are counted."
            )

    def _choose(self, topic: str) -> str:
        topics = sorted({name for part in self._recordings for name in _pictures(part)})
        if not topics:
            raise SourceError(f"The {self.name} has no topic of pictures ({RAW} or {COMPRESSED}).")
        if not topic and len(topics) > 1:
            raise SourceError(
                f"The {self.name} has several topics of pictures: choose one of {', '.join(topics)}."
            )
        if topic and topic not in topics:
            raise SourceError(
                f"The {self.name} has no topic of pictures '{topic}'; it has {', '.join(topics)}."
            )
        return topic or topics[0]

    def _read_messages(self) -> Iterator[Message]:
        for recording in self._recordings:
            try:
                yield from recording.messages(self._topic)
            except Exception as error:  # rosbags passes on whatever SQLite and MCAP raise
                self._leave_out("damaged", f"the recording is damaged from here on: {words_of(error)}")


def _pictures(recording: Recording) -> list[str]:
    """The topics of pictures."""
    return [topic for topic, kind in recording.topics.items() if kind in (RAW, COMPRESSED)]


def _stamp_of(message: Any) -> float:
    stamp = message.header.stamp
    return float(stamp.sec + stamp.nanosec * 1e-9)
