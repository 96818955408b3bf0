"""A memory of format 1 becomes one of format 2, with a backup; a newer one is refused."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from vfrt_ros.core.memory import schema
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.types.errors import MemoryStoreError

from .teaching import OWNER, reopened, taught

FORMAT_1 = """
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
PRAGMA user_version = 1;
"""


def write_format_1(path: Path) -> Memory:
    """What `taught` would have written then, one step undone; returns the memory that it must become."""
    memory = taught()
    memory.undo()
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.executescript(FORMAT_1)
    meta = {"encoder_id": OWNER.encoder_id, "fingerprint": OWNER.fingerprint, "dim": "16", "version": "5"}
    database.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    for e in memory.examples():
        row = (e.id, e.label, e.embedding.tobytes(), e.negative, e.batch, 1.5, json.dumps(dict(e.quality)))
        database.execute("INSERT INTO example VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)", (*row, e.thumbnail))
    prompts = json.dumps({"cat": None, "dog": None}), json.dumps({"cat": ["a cat"], "dog": []})
    for number, (what, undone) in enumerate(memory.history(), 1):
        before, after = prompts if undone else ("{}", "{}")
        database.execute("INSERT INTO step VALUES (?, ?, ?, ?, ?)", (number, what, undone, before, after))
    for example, step in ((1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3)):
        label = memory.example(example).label
        database.execute("INSERT INTO step_example VALUES (?, ?, NULL, ?)", (step, example, label))
    database.execute("UPDATE sqlite_sequence SET seq = 9 WHERE name = 'example'")
    database.commit()
    database.close()
    return memory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


def test_format_1_becomes_2_with_history_and_a_backup(path) -> None:
    wanted = write_format_1(path)
    memory = reopened(path)
    assert (memory.state_hash(), memory.version) == (wanted.state_hash(), 5)
    assert memory.history() == wanted.history()
    assert memory.examples()[0].created == 1.5
    assert "from format 1 to 2" in memory.notices[0]
    assert memory.redo().what == wanted.redo().what
    assert memory.state_hash() == wanted.state_hash()
    for _ in range(4):
        memory.undo()
    assert (len(memory), memory.labels) == (0, ())
    ids = [e.id for e in memory.register("new", list(wanted.examples("dog"))).examples.added]
    assert ids == [10, 11]
    memory.close()
    reopened(path).close()
    backup = sqlite3.connect(path.with_name("memory.db.format1"))
    assert backup.execute("PRAGMA user_version").fetchone() == (1,)
    assert backup.execute("SELECT count(*) FROM example").fetchone() == (6,)
    backup.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(path, monkeypatch) -> None:
    write_format_1(path)

    def fail(database: sqlite3.Connection) -> None:
        database.execute("DROP TABLE prompt")
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with monkeypatch.context() as patch:
        patch.setitem(schema.MIGRATIONS, 1, fail)
        with pytest.raises(MemoryStoreError, match="disk is full"):
            Memory(OWNER, path)
    memory = reopened(path)
    assert len(memory) == 6
    memory.close()


def test_a_newer_format_is_refused_and_left_as_it_is(path) -> None:
    taught(path).close()
    for name in ("memory.db", "memory.db.copy"):
        database = sqlite3.connect(path.with_name(name))
        database.execute("UPDATE meta SET value = '3' WHERE key = 'format'")
        database.execute("PRAGMA user_version = 3")
        database.commit()
        database.close()
    before = path.read_bytes()
    with pytest.raises(
        MemoryStoreError, match=r"written by a newer vfrt \(format 3; this one reads up to 2\)"
    ):
        Memory(OWNER, path)
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.damaged-*"))


def test_the_tables_are_sealed_and_counted_whoever_changes_them() -> None:
    memory = taught()
    database = memory._record._book.database
    before = memory._record._book.digest
    database.execute("DELETE FROM step")
    after = memory._record._book.digest
    assert before != after
    totals = {name: rows for name, rows, _ in after}
    assert (totals["step"], totals["step_example"], totals["example"]) == (0, 0, 6)
