"""What can still be read of damaged files: the rows whose seals hold."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vfrt_ros.core.memory.check import embedding_fault
from vfrt_ros.core.memory.example import Example, Prompts
from vfrt_ros.core.memory.owner import Owner
from vfrt_ros.core.memory.rows import example_of
from vfrt_ros.core.memory.seal import is_whole


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
    try:
        database = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error:
        return part
    with contextlib.closing(database):
        meta = {key: value for key, value, _ in _whole_rows(database, "meta")}
        part.version = int(meta.get("version", 0))
        if {"encoder_id", "fingerprint", "dim"} <= meta.keys():
            part.owner = Owner(meta["encoder_id"], meta["fingerprint"], int(meta["dim"]))
        part.examples = tuple(example_of(row) for row in _whole_rows(database, "example") if row[-2])
        part.prompts = {label: tuple(json.loads(text)) for label, text, _ in _whole_rows(database, "prompt")}
    return part


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
    with contextlib.suppress(sqlite3.Error, OverflowError):
        yield from database.execute(query)
