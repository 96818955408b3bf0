# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Formats 1 and 2 of a memory's file: tables of examples and prompts that were changed in place, with a history
beside them.

They are read to the last undone step and become a log: what stood before the history as teachings by batch, each
step as the operation that it was, each undone step with its undo.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vfrt_ros.core.memory.bundle_entry import exportable
from vfrt_ros.core.memory.checksum import MASK, checksum
from vfrt_ros.core.memory.clock import HybridClock
from vfrt_ros.core.memory.operation_row import Row, row_of
from vfrt_ros.core.memory.payload import (
    Forget,
    LabelPrompts,
    Payload,
    Relabel,
    SetPrompts,
    Switch,
    TaughtExample,
    Teach,
)
from vfrt_ros.core.memory.payload_bytes import encode
from vfrt_ros.core.memory.schema import ROBOT_DIGITS, header, totals
from vfrt_ros.core.types.operation import ExampleId, Kind, Operation

TABLES = ("meta", "example", "prompt", "step", "step_example")
_SINGLE_ONES = re.compile(r"forgot \d+ examples? of ")
_EXAMPLE = "id, label, embedding, negative, batch, created, quality, thumbnail, source, present"

_DEFINITIONS = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, seal INTEGER NOT NULL) STRICT;
CREATE TABLE example (
    id INTEGER PRIMARY KEY, label TEXT NOT NULL, embedding BLOB NOT NULL,
    negative INTEGER NOT NULL, batch INTEGER NOT NULL, created REAL NOT NULL, quality TEXT NOT NULL,
    thumbnail BLOB NOT NULL, source TEXT NOT NULL, present INTEGER NOT NULL, seal INTEGER NOT NULL
) STRICT;
CREATE INDEX absent_example ON example(id) WHERE NOT present;
CREATE TABLE prompt (label TEXT PRIMARY KEY, prompts TEXT NOT NULL, seal INTEGER NOT NULL) STRICT;
CREATE TABLE step (
    id INTEGER PRIMARY KEY, what TEXT NOT NULL, undone INTEGER NOT NULL,
    prompts_before TEXT NOT NULL, prompts_after TEXT NOT NULL, seal INTEGER NOT NULL
) STRICT;
CREATE TABLE step_example (
    step INTEGER NOT NULL REFERENCES step(id) ON DELETE CASCADE,
    example INTEGER NOT NULL REFERENCES example(id),
    before TEXT, after TEXT, seal INTEGER NOT NULL
) STRICT;
CREATE INDEX step_example_by_step ON step_example(step);
CREATE INDEX step_example_by_example ON step_example(example);
"""
SCHEMA = _DEFINITIONS + totals(TABLES, "seal") + header(2)
"""The tables of format 2; only tests make such a file."""


@dataclass(slots=True)
class _Step:
    """A step of the history: the labels and the prompts before and after; None = not there."""

    what: str
    undone: bool
    examples: dict[int, tuple[str | None, str | None]]
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(slots=True)
class _Old:
    """All that a file of format 2 holds."""

    examples: dict[int, tuple] = field(default_factory=dict)
    prompts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    steps: list[_Step] = field(default_factory=list)


def first_fault(database: sqlite3.Connection, version: int) -> str:
    """The first fault in the rows of a file of this older format; empty = nothing. Format 1 had no checksums.

    Args:
        database: An open memory.
        version: Of its format: 1 or 2.
    """
    if version == 1:
        return ""
    sums = {name: (rows, total) for name, rows, total in database.execute("SELECT * FROM total")}
    for table in TABLES:
        rows = database.execute(f"SELECT * FROM {table} NOT INDEXED").fetchall()
        if any(row[-1] != checksum(table, *row[:-1]) for row in rows):
            return f"a row of {table} is not as it was written"
        if (len(rows), sum(row[-1] for row in rows) & MASK) != sums[table]:
            return f"rows of {table} are missing or doubled ({len(rows)} found, {sums[table][0]} written)"
    return ""


def read_meta(database: sqlite3.Connection) -> dict[str, str]:
    """Facts about the memory: encoder, version, identity."""
    return dict(database.execute("SELECT key, value FROM meta"))


def robot_of(identity: str) -> str:
    """The robot that a memory of an older format becomes; the same for both of its files.

    Args:
        identity: Of the memory, the same in both of its files.
    """
    return hashlib.sha256(identity.encode()).hexdigest()[:ROBOT_DIGITS]


def rows_of_log(database: sqlite3.Connection, version: int, robot: str) -> list[Row]:
    """The log that a file of an older format becomes.

    Args:
        database: Checked.
        version: Of its format, 1 or 2.
        robot: Whose operations they become; the same for both files of a memory.
    """
    old = _read(database, version)
    return [row_of(operation) for operation in _Writer(robot, old).write()]


def salvaged_rows(examples: Iterable[tuple], prompts: Mapping[str, tuple[str, ...]], robot: str) -> list[Row]:
    """The log of examples and prompts that were read from a damaged file, without its history.

    Args:
        examples: Rows of the table of examples.
        prompts: Texts by label.
        robot: Under whose id they go.
    """
    old = _Old({row[0]: tuple(row[:10]) for row in examples}, dict(prompts))
    return [row_of(operation) for operation in _Writer(robot, old).write()]


def _read(database: sqlite3.Connection, version: int) -> _Old:
    columns = _EXAMPLE if version == 2 else _EXAMPLE.replace("source", "''")
    old = _Old({row[0]: row for row in database.execute(f"SELECT {columns} FROM example ORDER BY id")})
    for label, texts in database.execute("SELECT label, prompts FROM prompt"):
        old.prompts[label] = tuple(json.loads(texts))
    steps: dict[int, _Step] = {}
    query = "SELECT id, what, undone, prompts_before, prompts_after FROM step ORDER BY id"
    for key, what, undone, before, after in database.execute(query):
        steps[key] = _Step(what, bool(undone), {}, json.loads(before), json.loads(after))
    for key, example, before, after in database.execute(
        "SELECT step, example, before, after FROM step_example"
    ):
        steps[key].examples[example] = (before, after)
    old.steps = list(steps.values())
    return old


class _Writer:
    """Turns what a file held into operations of one robot, in the order in which it was done."""

    def __init__(self, robot: str, old: _Old) -> None:
        self._robot = robot
        self._old = old
        self._seconds = 0.0
        self._clock = HybridClock(lambda: self._seconds)
        self._number = 0
        self._ids: dict[int, ExampleId] = {}

    def write(self) -> Iterator[Operation]:
        """Every operation."""
        labels, prompts = self._before_the_history()
        batches: dict[int, list[int]] = {}
        for key in labels:
            batches.setdefault(self._old.examples[key][4], []).append(key)
        for keys in batches.values():
            yield self._teach({key: labels[key] for key in keys}, {})
        if prompts:
            yield self._make(Kind.PROMPTS, SetPrompts(prompts))
        done = [(step, self._step(step)) for step in self._old.steps]
        yield from (operation for _, operation in done)
        for step, operation in reversed(done):
            if step.undone:
                yield self._make(Kind.UNDO, Switch((operation.id,)))

    def _before_the_history(self) -> tuple[dict[int, str], LabelPrompts]:
        """The state that the history starts from: all that was done taken back, newest first."""
        labels: dict[int, str | None] = {key: row[1] for key, row in self._old.examples.items() if row[9]}
        prompts: dict[str, Any] = dict(self._old.prompts)
        for step in reversed(self._old.steps):
            if not step.undone:
                labels |= {key: before for key, (before, _) in step.examples.items()}
                prompts |= step.before
        present = {key: label for key, label in sorted(labels.items()) if label is not None}
        return present, {label: tuple(texts) for label, texts in prompts.items() if texts is not None}

    def _step(self, step: _Step) -> Operation:
        after = {label: None if texts is None else tuple(texts) for label, texts in step.after.items()}
        added = {
            key: new for key, (old, new) in sorted(step.examples.items()) if old is None and new is not None
        }
        moved = {key: pair for key, pair in sorted(step.examples.items()) if None not in pair}
        gone = {
            key: old for key, (old, new) in sorted(step.examples.items()) if old is not None and new is None
        }
        if added:
            return self._teach(added, after)
        if moved:
            (label, new_label), *_ = moved.values()
            names = tuple(self._ids[key] for key in moved)
            return self._make(Kind.RELABEL, Relabel(names, str(label), str(new_label), after))
        if gone:
            names, labels = tuple(self._ids[key] for key in gone), tuple(sorted({*gone.values()}))
            return self._make(
                Kind.FORGET, Forget(names, labels, after, whole=not _SINGLE_ONES.match(step.what))
            )
        if step.what.startswith("forgot "):
            return self._make(Kind.FORGET, Forget((), tuple(after), after, whole=True))
        return self._make(Kind.PROMPTS, SetPrompts(after))

    def _teach(self, labels: Mapping[int, str], prompts: LabelPrompts) -> Operation:
        rows = [self._old.examples[key] for key in labels]
        self._seconds = max([self._seconds, *(row[5] for row in rows)])
        examples = tuple(_taught(row, label) for row, label in zip(rows, labels.values(), strict=True))
        origins = {row[8] for row in rows}
        origin = origins.pop() if len(origins) == 1 else ""
        operation = self._make(Kind.TEACH, Teach(examples, prompts, origin=origin))
        self._ids |= {key: ExampleId(operation.id, index) for index, key in enumerate(labels)}
        return operation

    def _make(self, kind: Kind, payload: Payload) -> Operation:
        self._number += 1
        return Operation.make(self._robot, self._number, self._clock.tick(), kind, encode(payload))


def _taught(row: Sequence[Any], label: str) -> TaughtExample:
    _, _, embedding, negative, batch, created, quality, thumbnail, source, _ = row
    vector = np.frombuffer(embedding, "<f4")
    return exportable(
        TaughtExample(
            label, vector, bool(negative), float(created), json.loads(quality), thumbnail, source, int(batch)
        )
    )
