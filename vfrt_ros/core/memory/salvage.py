# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Read what is left of damaged files: the operations whose checksums hold."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vfrt_ros.core.memory import format2
from vfrt_ros.core.memory.checksum import is_whole
from vfrt_ros.core.memory.database import COMPANIONS, MAGIC, READ_ERRORS, header_fault
from vfrt_ros.core.memory.operation_row import Row, operation_of, row_fault
from vfrt_ros.core.memory.payload_bytes import decode
from vfrt_ros.core.memory.store_file import StoreFile
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import OperationError

PAGE = 4096
"""Bytes of a page, SQLite's default since 3.12."""


@dataclass(slots=True)
class Salvaged:
    """The operations that could be read; `version` is above every one that was found."""

    encoder: EncoderIdentity | None = None
    version: int = 0
    rows: tuple[Row, ...] = ()


def salvage(paths: Sequence[Path], encoder: EncoderIdentity | None) -> Salvaged:
    """Read the operations that are whole from files that SQLite or our check finds broken.

    Without a whole record of the encoder nothing is taken: embeddings of another one would be mixed in.

    Args:
        paths: The two files of a memory, in either order.
        encoder: Whose embeddings they should hold; None = whichever they name.
    """
    parts = sorted((_read(path) for path in paths), key=lambda part: -part.version)
    saved = Salvaged(encoder, max((part.version for part in parts), default=0) + 1)
    rows: dict[tuple[str, int], Row] = {}
    for part in parts:
        if part.encoder is None or not (saved.encoder or part.encoder).owns(part.encoder):
            continue
        saved.encoder = saved.encoder or part.encoder
        for row in part.rows:
            rows.setdefault((row[0], row[1]), row)
    saved.rows = tuple(sorted(rows.values(), key=lambda row: (row[2], row[0], row[1])))
    return saved


def write_salvaged(saved: Salvaged, encoder: EncoderIdentity, path: Path) -> None:
    """Write what was saved to one file, which is whole or not there.

    Args:
        saved: From `salvage`.
        encoder: Its own.
        path: Of the file.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        file = StoreFile(Path(folder) / path.name)
        with contextlib.closing(file):
            # A robot of its own: numbers that were lost may be known elsewhere.
            file.begin(encoder, version=saved.version)
            file.append(saved.rows, saved.version)
            file.copy_to(path)


def _read(path: Path) -> Salvaged:
    part = Salvaged()
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        database = sqlite3.connect(_patched(path, Path(folder)), isolation_level=None)
        with contextlib.closing(database):
            _read_rows(database, part)
    return part


def _read_rows(database: sqlite3.Connection, part: Salvaged) -> None:
    """Fill in what can be read; `ValueError` and `TypeError` cannot come from whole rows."""
    with contextlib.suppress(*READ_ERRORS):
        # Lets SQLite go on where the file is shorter than its header says, or a definition is broken.
        database.execute("PRAGMA writable_schema = ON")
        meta = {row[0]: row[1] for row in _rows(database, "meta") if is_whole("meta", row)}
        part.version = int(meta.get("version", 0))
        space = meta.get("space") or meta.get("fingerprint")
        if space and {"encoder_id", "dim"} <= meta.keys():
            part.encoder = EncoderIdentity(meta["encoder_id"], space, int(meta["dim"]))
        part.rows = tuple(_operations(database, part.encoder)) or tuple(_of_format_2(database, meta))


def _operations(database: sqlite3.Connection, encoder: EncoderIdentity | None) -> Iterator[Row]:
    for row in _rows(database, "operation"):
        if encoder is None or len(row) != 8:
            continue
        with contextlib.suppress(TypeError, ValueError, OperationError):
            if not row_fault(row):
                operation = operation_of(row)
                decode(operation.kind, operation.payload, encoder.dim, trusted=True)
                yield row


def _of_format_2(database: sqlite3.Connection, meta: Mapping[str, str]) -> list[Row]:
    examples = [row for row in _rows(database, "example") if is_whole("example", row)]
    prompts = {
        row[0]: tuple(json.loads(row[1])) for row in _rows(database, "prompt") if is_whole("prompt", row)
    }
    robot = format2.robot_of(meta.get("identity", ""))
    return format2.salvaged_rows(examples, prompts, robot) if examples or prompts else []


def _patched(path: Path, folder: Path) -> Path:
    """A copy of a file and its log, with a header that SQLite accepts where ours was broken."""
    for end in COMPANIONS:
        companion = path.with_name(path.name + end)
        if companion.exists():
            shutil.copyfile(companion, folder / f"copy{end}")
    data = bytearray(path.read_bytes())
    if len(data) >= PAGE and header_fault(path):
        # sqlite.org/fileformat.html, 1.3: magic, page size, versions, fractions; size in pages; schema format, UTF-8.
        data[0:24] = MAGIC + PAGE.to_bytes(2, "big") + bytes((1, 1, 0, 64, 32, 32))
        data[28:32] = (len(data) // PAGE).to_bytes(4, "big")
        data[44:48] = (4).to_bytes(4, "big")
        data[56:60] = (1).to_bytes(4, "big")
    copied = folder / "copy"
    copied.write_bytes(data)
    return copied


def _rows(database: sqlite3.Connection, table: str) -> Iterator[tuple]:
    """Rows that can be read: from the front up to the first broken page, then from the end."""
    seen = set()
    for order in ("ASC", "DESC"):
        for row in _until_error(database, f"SELECT * FROM {table} NOT INDEXED ORDER BY rowid {order}"):
            if row not in seen:
                seen.add(row)
                yield row


def _until_error(database: sqlite3.Connection, query: str) -> Iterator[tuple]:
    with contextlib.suppress(*READ_ERRORS):
        yield from database.execute(query)
