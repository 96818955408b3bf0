"""What can still be read of damaged files: the rows whose seals hold."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vfrt_ros.core.memory.check import embedding_fault
from vfrt_ros.core.memory.database import COMPANIONS, MAGIC, READ_ERRORS, header_fault
from vfrt_ros.core.memory.rows import example_of
from vfrt_ros.core.memory.seal import is_whole
from vfrt_ros.core.types.encoder_identity import Owner
from vfrt_ros.core.types.example import Example, Prompts

PAGE = 4096
"""Bytes of a page, SQLite's default since 3.12."""


@dataclass(slots=True)
class Saved:
    """What was read; `version` is above every one that was found."""

    owner: Owner | None = None
    version: int = 0
    examples: tuple[Example, ...] = ()
    prompts: dict[str, Prompts] = field(default_factory=dict)


def salvage(paths: Sequence[Path], owner: Owner | None) -> Saved:
    """Read examples and prompts, the newest file's first, from files that SQLite or our check finds broken.

    Without a whole record of the encoder nothing is taken: embeddings of another one would be mixed in.
    """
    parts = sorted((_read(path) for path in paths), key=lambda part: -part.version)
    saved = Saved(owner, max((part.version for part in parts), default=0) + 1)
    examples: dict[int, Example] = {}
    for part in parts:
        if part.owner is None or (saved.owner or part.owner) != part.owner:
            continue
        saved.owner = part.owner
        for example in part.examples:
            if not embedding_fault(example.embedding, part.owner.dim):
                examples.setdefault(example.id, example)
        saved.prompts = {**part.prompts, **saved.prompts}
    saved.examples = tuple(examples[key] for key in sorted(examples))
    return saved


def _read(path: Path) -> Saved:
    part = Saved()
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        database = sqlite3.connect(_patched(path, Path(folder)), isolation_level=None)
        with contextlib.closing(database):
            _read_rows(database, part)
    return part


def _read_rows(database: sqlite3.Connection, part: Saved) -> None:
    """Fill in what can be read; `ValueError` and `TypeError` cannot come from whole rows."""
    with contextlib.suppress(*READ_ERRORS):
        # Lets SQLite go on where the file is shorter than its header says, or a definition is broken.
        database.execute("PRAGMA writable_schema = ON")
        meta = {key: value for key, value, _ in _whole_rows(database, "meta")}
        part.version = int(meta.get("version", 0))
        if {"encoder_id", "fingerprint", "dim"} <= meta.keys():
            part.owner = Owner(meta["encoder_id"], meta["fingerprint"], int(meta["dim"]))
        part.examples = tuple(example_of(row) for row in _whole_rows(database, "example") if row[-2])
        part.prompts = {label: tuple(json.loads(text)) for label, text, _ in _whole_rows(database, "prompt")}


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


def _whole_rows(database: sqlite3.Connection, table: str) -> Iterator[tuple]:
    """Rows whose seal holds: from the front up to the first broken page, then from the end."""
    seen = set()
    for order in ("ASC", "DESC"):
        rows = _until_error(database, f"SELECT * FROM {table} NOT INDEXED ORDER BY rowid {order}")
        for row in rows:
            if row not in seen and is_whole(table, row):
                seen.add(row)
                yield row


def _until_error(database: sqlite3.Connection, query: str) -> Iterator[tuple]:
    with contextlib.suppress(*READ_ERRORS):
        yield from database.execute(query)
