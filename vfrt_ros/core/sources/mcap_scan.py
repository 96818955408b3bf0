# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The messages of an MCAP file from its beginning on, as far as they go: a recorder that was killed leaves no index."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rosbags.rosbag2.storage_mcap import decompress

MAGIC = b"\x89MCAP0\r\n"
SCHEMA, CHANNEL, MESSAGE, CHUNK = 0x03, 0x04, 0x05, 0x06
LARGEST_RECORD = 2**31

Entry = tuple[str, str, int, bytes]
"""Topic, message type, time of recording in nanoseconds, and the message in CDR."""


def is_whole(path: Path) -> bool:
    """Whether an MCAP file begins and ends as one that was closed does.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return False
        file.seek(-len(MAGIC), 2)
        return file.read() == MAGIC


class McapScan:
    """Reads the records of an MCAP file one after another; needs neither index nor end.

    Args:
        path: The file.

    Attributes:
        lost: Chunks that could not be unpacked, and 1 more where the file ends within a record.

    Source: https://mcap.dev/spec
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._schemas: dict[int, str] = {}
        self._channels: dict[int, tuple[str, str]] = {}
        self.lost = 0

    def entries(self) -> Iterator[Entry]:
        """Every message up to the end of the file, or to where it is cut.

        Raises:
            OSError: The file cannot be read.
        """
        self.lost = 0
        with self._path.open("rb") as file:
            if file.read(len(MAGIC)) == MAGIC:
                yield from self._of_file(file)

    def _of_file(self, file: BinaryIO) -> Iterator[Entry]:
        for operation, content in self._records(file):
            if operation == CHUNK:
                yield from self._of_chunk(content)
            else:
                yield from self._of_record(operation, content)

    def _records(self, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
        while len(head := file.read(9)) == 9:
            operation, length = struct.unpack("<BQ", head)
            content = file.read(length) if length <= LARGEST_RECORD else b""
            if len(content) == length:
                yield operation, content
                continue
            self.lost += 1
            if operation == CHUNK:  # what was written of an unpacked chunk can be read
                yield operation, content
            return

    def _of_chunk(self, content: bytes) -> Iterator[Entry]:
        try:
            size, crc, length = struct.unpack_from("<QII", content, 16)
            compression = content[32 : 32 + length].decode()
            (packed,) = struct.unpack_from("<Q", content, 32 + length)
            data = content[40 + length : 40 + length + packed]
            if compression or len(data) == packed:
                data = decompress(data, compression, size, crc)
        except Exception:  # whatever the decompressors raise: this chunk is lost, the next may not be
            self.lost += 1
            return
        yield from self._of_records(data)

    def _of_records(self, data: bytes) -> Iterator[Entry]:
        position = 0
        while position + 9 <= len(data):
            operation, length = struct.unpack_from("<BQ", data, position)
            position += 9 + length
            if position > len(data):
                return
            yield from self._of_record(operation, data[position - length : position])

    def _of_record(self, operation: int, content: bytes) -> Iterator[Entry]:
        try:
            if operation == SCHEMA:
                self._schemas[struct.unpack_from("<H", content)[0]] = _text(content, 2)
            elif operation == CHANNEL:
                number, schema = struct.unpack_from("<HH", content)
                self._channels[number] = (_text(content, 4), self._schemas.get(schema, ""))
            elif operation == MESSAGE:
                number, _, time = struct.unpack_from("<HIQ", content)
                if number in self._channels:
                    yield (*self._channels[number], time, content[22:])
        except (struct.error, UnicodeDecodeError):
            self.lost += 1


def _text(content: bytes, position: int) -> str:
    """A text with its length before it."""
    (length,) = struct.unpack_from("<I", content, position)
    return content[position + 4 : position + 4 + length].decode()
