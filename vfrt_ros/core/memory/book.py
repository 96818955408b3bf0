"""One SQLite file with a whole memory: its statements. Errors are SQLite's own; `Record` puts them in words."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vfrt_ros.core.memory.database import (
    COMPANIONS,
    DamagedError,
    Journal,
    connect,
    sync_folder,
    transaction,
)
from vfrt_ros.core.memory.rows import (
    Row,
    example_of,
    example_row,
    prompts_of,
    step_row,
    transition_rows,
)
from vfrt_ros.core.memory.schema import SCHEMA, TABLES, execute_script, fresh_identity
from vfrt_ros.core.memory.seal import is_whole, sealed
from vfrt_ros.core.types.encoder_identity import Owner
from vfrt_ros.core.types.example import Change, Example, PromptChange, Prompts, Step

HISTORY_DEPTH = 100
DECLINED = "declined"
"""Key of the labels whose initial prompt a person took away; not there = none."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a record held when it was opened."""

    examples: tuple[Example, ...]
    prompts: dict[str, Prompts]
    version: int
    declined: frozenset[str] = frozenset()
    """Labels whose prompts were taken away, so that no initial label gives them back."""


class Book:
    """Examples, prompts and history in one file.

    Args:
        path: None = in RAM.
        journal: How its commits are made safe.
    """

    def __init__(self, path: Path | None, journal: Journal = Journal.WRITE_AHEAD) -> None:
        self.path = path
        self.journal = journal
        self.database = connect(path, journal)
        self._place = _place(path)

    @property
    def in_place(self) -> bool:
        """Whether the path still leads to the file that is open."""
        return _place(self.path) == self._place

    @property
    def meta(self) -> dict[str, str]:
        """Owner, version and identity."""
        return dict(self.database.execute("SELECT key, value FROM meta"))

    @property
    def owner(self) -> Owner:
        """The encoder that it belongs to."""
        meta = self.meta
        return Owner(meta["encoder_id"], meta["fingerprint"], int(meta["dim"]))

    @property
    def version(self) -> int:
        """Changes since the memory began."""
        return int(self._get("version"))

    @property
    def digest(self) -> tuple:
        """Equal for equal contents."""
        return tuple(self.database.execute("SELECT name, rows, seal FROM total ORDER BY name"))

    @property
    def is_blank(self) -> bool:
        """Whether nothing was ever written to it."""
        written = self.database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        return not written and not self.database.execute("PRAGMA user_version").fetchone()[0]

    def content_hash(self) -> str:
        """SHA-256 (hexadecimal) over every row as it reads now, history and pictures included."""
        digest = hashlib.sha256()
        for table in (table for table in TABLES if table != "meta"):
            for row in self.database.execute(f"SELECT * FROM {table} NOT INDEXED ORDER BY rowid"):
                digest.update(repr((table, row[:-1])).encode())
        meta = self.meta
        digest.update(repr((meta["version"], meta["next_id"], meta.get(DECLINED, ""))).encode())
        return digest.hexdigest()

    def begin(self, owner: Owner, *, version: int = 0) -> None:
        """Make a blank file an empty memory."""
        meta = {
            "encoder_id": owner.encoder_id,
            "fingerprint": owner.fingerprint,
            "dim": str(owner.dim),
            "version": str(version),
            "identity": fresh_identity(),
            "format": "2",
            "next_id": "1",
        }
        with transaction(self.database):
            execute_script(self.database, SCHEMA)
            self._insert("meta", [sealed("meta", *item) for item in meta.items()])

    def load(self) -> Loaded:
        """Everything present, and the version that was last committed."""
        rows = self.database.execute("SELECT * FROM example WHERE present ORDER BY id")
        examples = tuple(example_of(row) for row in rows)
        prompts = {
            label: tuple(json.loads(text))
            for label, text in self.database.execute("SELECT label, prompts FROM prompt")
        }
        return Loaded(examples, prompts, self.version, frozenset(self._declined()))

    def next_ids(self, count: int) -> range:
        """Ids that no example ever had."""
        first = int(self._get("next_id"))
        return range(first, first + count)

    def append(self, examples: Iterable[Example], prompts: Mapping[str, Prompts] | None = None) -> None:
        """Add examples and prompts without a step of the history."""
        with transaction(self.database):
            self._apply(
                [example_row(example) for example in examples],
                PromptChange(after=prompts or {}),
                self.version,
            )

    def commit(self, step: Step, rows: Sequence[Row], version: int) -> None:
        """Write a new step; steps that were undone are gone from now on.

        Args:
            step: What is done.
            rows: Of its examples as they are then, from `settled_rows`: made once for both files of a memory.
            version: What the memory is at then.
        """
        with transaction(self.database):
            self.database.execute("DELETE FROM step WHERE undone")
            key = self.database.execute("SELECT coalesce(max(id), 0) + 1 FROM step").fetchone()[0]
            self._insert("step", [step_row(key, step, undone=False)])
            self._apply(rows, step.prompts, version)
            self._insert("step_example", transition_rows(key, step.examples))
            self._prune()

    def revert(self, step: Step, rows: Sequence[Row], version: int) -> None:
        """Write that `step`, from `undoable`, is taken back; arguments as for `commit`."""
        self._flip(step, rows, step.prompts.inverse(), version, undone=True)

    def reapply(self, step: Step, rows: Sequence[Row], version: int) -> None:
        """Write that `step`, from `redoable`, is done again; arguments as for `commit`."""
        self._flip(step, rows, step.prompts, version, undone=False)

    def undoable(self) -> Step | None:
        """The step that undo would take back."""
        return self._step("SELECT * FROM step WHERE NOT undone ORDER BY id DESC LIMIT 1")

    def redoable(self) -> Step | None:
        """The step that redo would do again."""
        return self._step("SELECT * FROM step WHERE undone ORDER BY id LIMIT 1")

    def history(self) -> list[tuple[str, bool]]:
        """What was done, oldest first, and whether it was undone."""
        rows = self.database.execute("SELECT what, undone FROM step ORDER BY id")
        return [(what, bool(undone)) for what, undone in rows]

    def drop_history(self) -> None:
        """Forget every step, and the examples that only undo could bring back."""
        with transaction(self.database):
            self.database.execute("DELETE FROM step")
            self._prune()

    def compact(self) -> None:
        """Give the room of what was removed back to the disk."""
        # In memory are only the small notes that a statement makes while it runs, not a whole second memory.
        self.database.execute("PRAGMA temp_store = FILE")
        self.database.execute("VACUUM")
        self.database.execute("PRAGMA temp_store = MEMORY")
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def copy_to(self, path: Path) -> None:
        """Write a copy that is one file, whole or not there at all; what was there before is replaced."""
        unfinished = path.with_name(path.name + ".new")
        unfinished.unlink(missing_ok=True)
        try:
            with contextlib.closing(sqlite3.connect(unfinished, isolation_level=None)) as target:
                self.database.backup(target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        with contextlib.closing(connect(unfinished, Journal.ROLL_BACK)):
            pass
        for end in COMPANIONS:
            unfinished.with_name(unfinished.name + end).unlink(missing_ok=True)
        _sync(unfinished)
        # The log of what was there before would be taken for this file's.
        for end in COMPANIONS:
            path.with_name(path.name + end).unlink(missing_ok=True)
        unfinished.replace(path)
        sync_folder(path.parent)

    def close(self) -> None:
        """Close the file; the book is not used afterwards."""
        self.database.close()

    def _insert(self, table: str, rows: Sequence[tuple]) -> None:
        if rows:
            places = ", ".join("?" * len(rows[0]))
            self.database.executemany(f"INSERT INTO {table} VALUES ({places})", rows)

    def _flip(
        self, step: Step, rows: Sequence[Row], prompts: PromptChange, version: int, *, undone: bool
    ) -> None:
        row = step_row(step.id, step, undone=undone)
        with transaction(self.database):
            self.database.execute(
                "UPDATE step SET what = ?, undone = ?, prompts_before = ?, prompts_after = ?, seal = ? "
                "WHERE id = ?",
                (*row[1:], step.id),
            )
            self._apply(rows, prompts, version)

    def _apply(self, rows: Sequence[Row], prompts: PromptChange, version: int) -> None:
        """Write examples as their rows say, and prompts as they are after a change."""
        first = int(self._get("next_id"))
        added = [row for row in rows if row[0] >= first]
        self._insert("example", added)
        self.database.executemany(
            "UPDATE example SET label = ?, present = ?, seal = ? WHERE id = ?",
            [(row[1], row[-2], row[-1], row[0]) for row in rows if row[0] < first],
        )
        for label in prompts.labels:
            self.database.execute("DELETE FROM prompt WHERE label = ?", (label,))
            if (texts := prompts.after.get(label)) is not None:
                self._insert("prompt", [sealed("prompt", label, json.dumps(texts))])
        self._decline(prompts)
        self._set("version", version)
        if added:
            self._set("next_id", max(row[0] for row in added) + 1)

    def _declined(self) -> set[str]:
        row = self.database.execute("SELECT value FROM meta WHERE key = ?", (DECLINED,)).fetchone()
        return set(json.loads(row[0])) if row else set()

    def _decline(self, prompts: PromptChange) -> None:
        """Keep which labels a person took the prompt from."""
        before = self._declined()
        declined = (before - {*prompts.labels}) | {
            label for label, texts in prompts.after.items() if texts is None
        }
        if declined != before:
            self.database.execute("DELETE FROM meta WHERE key = ?", (DECLINED,))
            if declined:
                self._insert("meta", [sealed("meta", DECLINED, json.dumps(sorted(declined)))])

    def _get(self, key: str) -> str:
        return str(self.database.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0])

    def _set(self, key: str, number: int) -> None:
        _, value, seal = sealed("meta", key, str(number))
        self.database.execute("UPDATE meta SET value = ?, seal = ? WHERE key = ?", (value, seal, key))

    def _prune(self) -> None:
        """Forget steps beyond the depth of undo, and examples that no step can bring back."""
        self.database.execute(
            "DELETE FROM step WHERE id NOT IN (SELECT id FROM step ORDER BY id DESC LIMIT ?)",
            (HISTORY_DEPTH,),
        )
        self.database.execute(
            "DELETE FROM example WHERE NOT present AND id NOT IN (SELECT example FROM step_example)"
        )

    def _step(self, query: str) -> Step | None:
        row = self.database.execute(query).fetchone()
        if row is None:
            return None
        pairs = self.database.execute(
            "SELECT before, after, e.* FROM step_example JOIN example e ON e.id = example WHERE step = ?",
            (row[0],),
        ).fetchall()
        if not is_whole("step", row) or not all(is_whole("example", pair[2:]) for pair in pairs):
            raise DamagedError(
                f"The memory {self.path} is not as it was written: restart, so that it is checked and mended."
            )
        before = tuple(replace(example_of(pair[2:]), label=pair[0]) for pair in pairs if pair[0] is not None)
        after = tuple(replace(example_of(pair[2:]), label=pair[1]) for pair in pairs if pair[1] is not None)
        return Step(
            row[0], row[1], Change(after, before), PromptChange(prompts_of(row[3]), prompts_of(row[4]))
        )


def _place(path: Path | None) -> tuple[int, int] | None:
    try:
        status = path.stat() if path is not None else None
    except OSError:
        return None
    return None if status is None else (status.st_dev, status.st_ino)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
