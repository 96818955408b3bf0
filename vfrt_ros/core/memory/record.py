"""The record of truth: every change of the memory, in one SQLite file, durable when a call returns."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vfrt_ros.core.errors import MemoryStoreError
from vfrt_ros.core.memory.example import Change, Example, PromptChange, Prompts, Step

SCHEMA_VERSION = 1
HISTORY_DEPTH = 100

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE example (
    id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL, embedding BLOB NOT NULL,
    negative INTEGER NOT NULL, batch INTEGER NOT NULL, created REAL NOT NULL,
    quality TEXT NOT NULL, thumbnail BLOB NOT NULL, present INTEGER NOT NULL
) STRICT;
CREATE INDEX absent_example ON example(id) WHERE NOT present;
CREATE TABLE prompt (label TEXT PRIMARY KEY, prompts TEXT NOT NULL) STRICT;
CREATE TABLE step (
    id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0,
    prompts_before TEXT NOT NULL, prompts_after TEXT NOT NULL
) STRICT;
CREATE TABLE step_example (
    step INTEGER NOT NULL REFERENCES step(id) ON DELETE CASCADE,
    example INTEGER NOT NULL REFERENCES example(id),
    before TEXT, after TEXT
) STRICT;
CREATE INDEX step_example_by_step ON step_example(step);
CREATE INDEX step_example_by_example ON step_example(example);
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """The encoder that a memory belongs to."""

    encoder_id: str
    fingerprint: str
    dim: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a record held when it was opened."""

    examples: tuple[Example, ...]
    prompts: dict[str, Prompts]
    version: int


class Record:
    """Examples, prompts and history in a SQLite file (WAL, synchronous FULL).

    Used by one thread at a time; the caller holds the lock. `path` None keeps it in RAM.

    Raises:
        MemoryStoreError: The file cannot be opened, is held by another process, is no memory, is of a
            newer version, or belongs to another encoder.
    """

    def __init__(self, path: Path | None, owner: Owner) -> None:
        self.path = path
        self._owner = owner
        with self._storage("open"):
            self._database = self._open(path)
            self._migrate()
            self._check_owner()

    @staticmethod
    def _open(path: Path | None) -> sqlite3.Connection:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(
            path or ":memory:", timeout=0.2, isolation_level=None, check_same_thread=False
        )
        try:
            for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
                database.execute(f"PRAGMA {pragma}").fetchall()
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("BEGIN IMMEDIATE")
            database.execute("COMMIT")
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _migrate(self) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise MemoryStoreError(
                f"The memory {self.path} was written by a newer vfrt (format {version}; this one reads up to "
                f"{SCHEMA_VERSION}): update vfrt, or set memory_path to another file."
            )
        if version == 0:
            self._database.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")

    def _check_owner(self) -> None:
        written = dict(self._database.execute("SELECT key, value FROM meta"))
        wanted = {
            "encoder_id": self._owner.encoder_id,
            "fingerprint": self._owner.fingerprint,
            "dim": str(self._owner.dim),
        }
        if not written:
            with self._transaction():
                self._database.executemany(
                    "INSERT INTO meta VALUES (?, ?)", [*wanted.items(), ("version", "0")]
                )
            return
        if any(written.get(key) != value for key, value in wanted.items()):
            self._database.close()
            raise MemoryStoreError(
                f"The memory {self.path} was learned with the encoder {_describe(written)} and this is "
                f"{_describe(wanted)}: start with that backbone, or set memory_path to another file."
            )

    def load(self) -> Loaded:
        """Everything present, and the version that was last committed."""
        with self._storage("read"):
            rows = self._database.execute("SELECT * FROM example WHERE present ORDER BY id")
            examples = tuple(_example(row) for row in rows)
            prompts = {
                label: tuple(json.loads(text))
                for label, text in self._database.execute("SELECT label, prompts FROM prompt")
            }
            version = self._database.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()[0]
        return Loaded(examples, prompts, int(version))

    def next_ids(self, count: int) -> range:
        """Ids that no example ever had."""
        with self._storage("read"):
            row = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'example'").fetchone()
        first = (row[0] if row else 0) + 1
        return range(first, first + count)

    def commit(self, step: Step, version: int) -> None:
        """Write a new step; steps that were undone are gone from now on."""
        with self._transaction():
            self._database.execute("DELETE FROM step WHERE undone")
            cursor = self._database.execute(
                "INSERT INTO step (what, prompts_before, prompts_after) VALUES (?, ?, ?)",
                (step.what, json.dumps(dict(step.prompts.before)), json.dumps(dict(step.prompts.after))),
            )
            self._insert_examples(step.examples.added)
            self._database.executemany(
                "INSERT INTO step_example VALUES (?, ?, ?, ?)",
                [(cursor.lastrowid, *row) for row in _transitions(step.examples)],
            )
            self._apply(step, version)
            self._prune()

    def undoable(self) -> Step | None:
        """The step that undo would take back."""
        return self._step("SELECT * FROM step WHERE NOT undone ORDER BY id DESC LIMIT 1")

    def redoable(self) -> Step | None:
        """The step that redo would do again."""
        return self._step("SELECT * FROM step WHERE undone ORDER BY id LIMIT 1")

    def revert(self, step: Step, version: int) -> None:
        """Write that `step`, from `undoable`, is taken back."""
        self._flip(step.inverse(), version, undone=True)

    def reapply(self, step: Step, version: int) -> None:
        """Write that `step`, from `redoable`, is done again."""
        self._flip(step, version, undone=False)

    def close(self) -> None:
        """Close the file; the record is not used afterwards."""
        self._database.close()

    def _flip(self, step: Step, version: int, *, undone: bool) -> None:
        with self._transaction():
            self._database.execute("UPDATE step SET undone = ? WHERE id = ?", (undone, step.id))
            self._apply(step, version)

    def _apply(self, step: Step, version: int) -> None:
        rows = [(after, after is not None, example) for example, _, after in _transitions(step.examples)]
        self._database.executemany(
            "UPDATE example SET label = coalesce(?, label), present = ? WHERE id = ?", rows
        )
        for label, prompts in step.prompts.after.items():
            self._database.execute("DELETE FROM prompt WHERE label = ?", (label,))
            if prompts is not None:
                self._database.execute("INSERT INTO prompt VALUES (?, ?)", (label, json.dumps(prompts)))
        self._database.execute("UPDATE meta SET value = ? WHERE key = 'version'", (str(version),))

    def _insert_examples(self, examples: Iterable[Example]) -> None:
        self._database.executemany(
            "INSERT OR IGNORE INTO example VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)", [_row(e) for e in examples]
        )

    def _prune(self) -> None:
        """Forget steps beyond the depth of undo, and examples that no step can bring back."""
        self._database.execute(
            "DELETE FROM step WHERE id NOT IN (SELECT id FROM step ORDER BY id DESC LIMIT ?)",
            (HISTORY_DEPTH,),
        )
        self._database.execute(
            "DELETE FROM example WHERE NOT present AND id NOT IN (SELECT example FROM step_example)"
        )

    def _step(self, query: str) -> Step | None:
        with self._storage("read"):
            row = self._database.execute(query).fetchone()
            if row is None:
                return None
            pairs = self._database.execute(
                "SELECT before, after, e.* FROM step_example JOIN example e ON e.id = example WHERE step = ?",
                (row[0],),
            ).fetchall()
        before = tuple(replace(_example(pair[2:]), label=pair[0]) for pair in pairs if pair[0] is not None)
        after = tuple(replace(_example(pair[2:]), label=pair[1]) for pair in pairs if pair[1] is not None)
        return Step(row[0], row[1], Change(after, before), PromptChange(_prompts(row[3]), _prompts(row[4])))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._storage("write"):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._database.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _storage(self, verb: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            held = "locked" in str(error)
            cure = (
                "another process uses it: stop that one, or set memory_path to another file"
                if held
                else "check the disk and the permissions, or set memory_path to another file"
            )
            raise MemoryStoreError(f"Cannot {verb} the memory {self.path}: {error}; {cure}.") from error


def _describe(owner: Mapping[str, str]) -> str:
    fingerprint = owner.get("fingerprint", "")[:12]
    return f"{owner.get('encoder_id')} ({fingerprint}, {owner.get('dim')} numbers)"


def _transitions(change: Change) -> list[tuple[int, str | None, str | None]]:
    """(example id, label before, label after); None where it is absent."""
    before = {example.id: example.label for example in change.removed}
    after = {example.id: example.label for example in change.added}
    return [(key, before.get(key), after.get(key)) for key in sorted(before.keys() | after.keys())]


def _row(example: Example) -> tuple[object, ...]:
    embedding = example.embedding.astype("<f4").tobytes()
    quality = json.dumps(dict(example.quality))
    return (
        example.id,
        example.label,
        embedding,
        example.negative,
        example.batch,
        example.created,
        quality,
        example.thumbnail,
    )


def _example(row: tuple) -> Example:
    key, label, embedding, negative, batch, created, quality, thumbnail = row[:8]
    vector = np.frombuffer(embedding, "<f4")
    return Example(key, label, vector, bool(negative), batch, created, json.loads(quality), thumbnail)


def _prompts(text: str) -> dict[str, Prompts | None]:
    return {label: None if value is None else tuple(value) for label, value in json.loads(text).items()}
