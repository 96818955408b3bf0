# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The messages of one recording, whatever wrote it: rosbag2 in SQLite or MCAP, ROS 1, whole or cut off."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore

from vfrt_ros.core.sources.bag_files import METADATA, ROS1, storage_files
from vfrt_ros.core.sources.check_readable import check_readable
from vfrt_ros.core.sources.mcap_scan import McapScan, is_whole
from vfrt_ros.core.types.errors import SourceError, words_of

Warn = Callable[[str], None]
Message = tuple[float, Callable[[], Any]]
"""Seconds at which a message was recorded, and what gives it; that may raise whatever a broken message does."""


class Recording(ABC):
    """A part of a bag that can be read by itself.

    Attributes:
        topics: Message type by topic.
    """

    topics: dict[str, str]

    @abstractmethod
    def messages(self, topic: str) -> Iterator[Message]:
        """The messages of a topic in order of time."""

    def close(self) -> None:  # noqa: B027 (a scan holds nothing)
        """Give back what it holds."""


class IndexedRecording(Recording):
    """A recording that rosbags can open.

    Raises:
        Exception: Whatever SQLite, YAML or MCAP raise.
    """

    def __init__(self, place: Path) -> None:
        self._reader = AnyReader([place], default_typestore=get_typestore(Stores.ROS2_JAZZY))
        self._reader.open()
        self.topics = {connection.topic: connection.msgtype for connection in self._reader.connections}

    def messages(self, topic: str) -> Iterator[Message]:
        """See `Recording.messages`."""
        chosen = [connection for connection in self._reader.connections if connection.topic == topic]
        for connection, time, raw in self._reader.messages(connections=chosen):
            yield time * 1e-9, partial(self._reader.deserialize, raw, connection.msgtype)

    def close(self) -> None:
        """Close the files."""
        self._reader.close()


class CutRecording(Recording):
    """An MCAP file without its end, read as far as it goes.

    Raises:
        OSError: It cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store = get_typestore(Stores.ROS2_JAZZY)
        self.topics = {topic: kind for topic, kind, _, _ in McapScan(path).entries()}

    def messages(self, topic: str) -> Iterator[Message]:
        """See `Recording.messages`."""
        for name, kind, time, raw in McapScan(self._path).entries():
            if name == topic:
                yield time * 1e-9, partial(self._store.deserialize_cdr, raw, kind)


def open_recordings(place: Path, warn: Warn) -> list[Recording]:
    """Open a bag, part by part where it is not whole.

    Args:
        place: A rosbag2 folder, a `.db3`, `.mcap` or `.bag` file.
        warn: Gets one line for what is missing.

    Raises:
        SourceError: Nothing of it can be read; says what cures it, if anything does.
    """
    try:
        return [IndexedRecording(place)]
    except Exception as error:  # rosbags passes on whatever SQLite, YAML or MCAP raise
        if not place.is_dir():
            return [_open_cut(place, error, warn)]
        parts = _open_files(place, warn)
        if not parts:
            raise SourceError(f"The bag {place} cannot be read: {words_of(error)}.{_cure(place)}") from error
        has_metadata = (place / METADATA).is_file()
        what = words_of(error) if has_metadata else "it has no metadata.yaml, as when its recorder was killed"
        warn(f"The bag {place} is read file by file: {what}. `ros2 bag reindex {place}` mends it.")
        return parts


def _open_files(folder: Path, warn: Warn) -> list[Recording]:
    parts: list[Recording] = []
    for file in storage_files(folder):
        try:
            parts += [IndexedRecording(file)]
        except Exception as error:  # as above
            try:
                parts += [_open_cut(file, error, warn)]
            except SourceError as cause:
                warn(f"{cause} It is left out.")
    return parts


def _open_cut(file: Path, error: Exception, warn: Warn) -> Recording:
    """The file that rosbags refuses, scanned from its beginning.

    Raises:
        SourceError: There is nothing in it, or it may not be read.
    """
    check_readable(file)
    try:
        if file.suffix.lower() == ".mcap" and not is_whole(file):
            recording = CutRecording(file)
            if recording.topics:
                warn(
                    f"{file} ends before its index, as when its recorder was killed: it is read as far as it goes."
                )
                return recording
    except OSError:
        pass
    raise SourceError(f"The bag {file} cannot be read: {words_of(error)}.{_cure(file)}") from error


def _cure(place: Path) -> str:
    if ROS1 in place.suffixes:
        return f" `rosbag reindex {place}` of ROS 1 may mend it."
    if place.suffix.lower() == ".db3":
        return f" `sqlite3 {place} .recover | sqlite3 mended.db3` may save what is in it."
    if place.is_dir():
        return f" `ros2 bag reindex {place}` may mend it."
    return ""
