"""Pictures out of a rosbag2 recording, read without a ROS install."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.interfaces import Connection
from rosbags.typesys import Stores, get_typestore

from vfrt_ros.core.errors import FrameError, SourceError
from vfrt_ros.core.sources.source import Frame, Image, Source

RAW, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
SUFFIXES = (".db3", ".mcap")
TO_BGR = {
    "bgr8": None,
    "rgb8": cv2.COLOR_RGB2BGR,
    "bgra8": cv2.COLOR_BGRA2BGR,
    "rgba8": cv2.COLOR_RGBA2BGR,
    "mono8": cv2.COLOR_GRAY2BGR,
}
"""The encodings that the recognition node accepts too, and how OpenCV turns each into BGR."""
CHANNELS = {"bgr8": 3, "rgb8": 3, "bgra8": 4, "rgba8": 4, "mono8": 1}


def is_bag(place: Path) -> bool:
    """True for a rosbag2 folder, or a single file of its SQLite or MCAP storage."""
    return (place / "metadata.yaml").is_file() or (place.is_file() and place.suffix.lower() in SUFFIXES)


class BagSource(Source):
    """The pictures of one topic, each at the time of its header's stamp.

    A message without a stamp is at the time of its recording.

    Args:
        place: A rosbag2 folder, a `.db3` or a `.mcap` file.
        topic: Of type Image or CompressedImage; empty = the only one that there is.

    Raises:
        SourceError: It is no bag, or has no such topic, or several and none is named.
    """

    mixed_sizes = True

    def __init__(self, place: Path, topic: str = "") -> None:
        super().__init__(str(place), f"bag {place}")
        store = get_typestore(Stores.ROS2_JAZZY)
        try:
            self._reader = AnyReader([place], default_typestore=store)
            self._reader.open()
        except Exception as error:  # rosbags passes on whatever SQLite, YAML or MCAP raise
            raise SourceError(f"The bag {place} cannot be read: {_line(error)}.") from error
        self._open = True
        try:
            self._connections = self._choose(topic)
        except SourceError:
            self.close()
            raise
        self._messages = self._read_messages()
        self._start: float | None = None

    def read(self, since: float = 0.0) -> Frame | None:
        """The next picture, none left out for being late; see `Source.read`."""
        for stamp, message in self._messages:
            seconds = _stamp_of(message) or stamp
            self._start = seconds if self._start is None else self._start
            try:
                return Frame(picture_of(message), seconds - self._start)
            except FrameError as error:
                raise SourceError(f"The {self.name} has a picture that cannot be used: {error}") from error
        return None

    def close(self) -> None:
        """Close the bag."""
        if self._open:
            self._open = False
            self._reader.close()

    def _choose(self, topic: str) -> list[Connection]:
        having = [c for c in self._reader.connections if c.msgtype in (RAW, COMPRESSED)]
        topics = sorted({connection.topic for connection in having})
        if not topics:
            raise SourceError(f"The {self.name} has no topic of pictures ({RAW} or {COMPRESSED}).")
        if not topic and len(topics) > 1:
            raise SourceError(
                f"The {self.name} has several topics of pictures: choose one of {', '.join(topics)}."
            )
        chosen = [connection for connection in having if connection.topic == (topic or topics[0])]
        if not chosen:
            raise SourceError(
                f"The {self.name} has no topic of pictures '{topic}'; it has {', '.join(topics)}."
            )
        return chosen

    def _read_messages(self) -> Iterator[tuple[float, Any]]:
        try:
            for connection, time, raw in self._reader.messages(connections=self._connections):
                yield time * 1e-9, self._reader.deserialize(raw, connection.msgtype)
        except (AnyReaderError, ValueError, OSError) as error:
            raise SourceError(f"The {self.name} is damaged: {_line(error)}.") from error


def picture_of(message: Any) -> Image:
    """The picture of an Image or CompressedImage message.

    Returns:
        (H, W, 3) uint8 BGR.

    Raises:
        FrameError: Its encoding is none that is known, or its data do not fit.
    """
    if hasattr(message, "encoding"):
        return _raw(message)
    if len(message.data) == 0:
        raise FrameError("empty", "A compressed picture has no data.")
    image = cv2.imdecode(np.asarray(message.data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        raise FrameError("malformed", f"A compressed picture ('{message.format}') cannot be decoded.")
    return np.asarray(image, dtype=np.uint8)


def _raw(message: Any) -> Image:
    channels = CHANNELS.get(message.encoding)
    if channels is None:
        known = ", ".join(CHANNELS)
        raise FrameError(
            "encoding", f"Encoding '{message.encoding}' is not supported; expected one of {known}."
        )
    height, width, step = int(message.height), int(message.width), int(message.step)
    if 0 in (height, width) or step < width * channels or len(message.data) != height * step:
        raise FrameError(
            "length",
            f"A picture of {width}x{height} {message.encoding}, step {step}, has {len(message.data)} bytes.",
        )
    rows = np.asarray(message.data, np.uint8).reshape(height, step)[:, : width * channels]
    image = np.ascontiguousarray(rows).reshape(height, width, channels)
    code = TO_BGR[message.encoding]
    return image if code is None else np.asarray(cv2.cvtColor(image, code), dtype=np.uint8)


def _stamp_of(message: Any) -> float:
    stamp = message.header.stamp
    return float(stamp.sec + stamp.nanosec * 1e-9)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
