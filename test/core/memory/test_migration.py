# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Memories of formats 1 and 2 become logs of format 3, with a backup; a newer one is refused."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from vfrt_ros.core.memory import inspect_file
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.types.errors import MemoryStoreError, NothingToRedoError, NothingToUndoError

from .teaching import ENCODER, reopened, taught

DATA = Path(__file__).parent / "data"
WRITTEN_BY_FORMAT_2 = json.loads((DATA / "format2.json").read_text())
"""What the version that wrote `format2.db` found in it: at the start, after each redo, after each undo."""

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
    """What `taught` would have written then, the last step undone; returns the memory that it must become."""
    memory = taught()
    memory.undo()
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.executescript(FORMAT_1)
    meta = {"encoder_id": ENCODER.encoder_id, "fingerprint": ENCODER.space, "dim": "16", "version": "5"}
    database.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    examples = memory.examples.with_details(memory.examples())
    batches = [1, 1, 1, 4, 4, 6]
    for number, (e, batch) in enumerate(zip(examples, batches, strict=True), 1):
        row = (number, e.label, e.embedding.tobytes(), e.negative, batch, 1.5, json.dumps(dict(e.quality)))
        database.execute("INSERT INTO example VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)", (*row, e.thumbnail))
    prompts = json.dumps({"cat": None, "dog": None}), json.dumps({"cat": ["a cat"], "dog": []})
    for number, (what, undone) in enumerate(memory.log.history(), 1):
        before, after = prompts if undone else ("{}", "{}")
        database.execute("INSERT INTO step VALUES (?, ?, ?, ?, ?)", (number, what, undone, before, after))
    for number, step in ((1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3)):
        label = examples[number - 1].label
        database.execute("INSERT INTO step_example VALUES (?, ?, NULL, ?)", (step, number, label))
    database.execute("UPDATE sqlite_sequence SET seq = 9 WHERE name = 'example'")
    database.commit()
    database.close()
    return memory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


def labels(memory: Memory) -> dict[str, object]:
    """What a memory holds, in the words of `format2.json`."""
    return {
        label: {
            "examples": memory.table.count(label),
            "negatives": memory.table.negatives(label),
            "prompts": list(memory.prompts[label]) if label in memory.prompts else None,
            "sum": pytest.approx(float(sum(e.embedding.sum() for e in memory.examples(label))), abs=1e-3),
        }
        for label in memory.labels
    }


def test_format_1_becomes_a_log_with_history_and_a_backup(path) -> None:
    wanted = write_format_1(path)
    memory = reopened(path)
    assert labels(memory) == {label: {**facts} for label, facts in labels(wanted).items()}
    assert memory.version == 5
    assert memory.log.history() == wanted.log.history()
    assert memory.examples.with_details(memory.examples()[:1])[0].created == 1.5
    assert "from format 1 to 3" in memory.notices[0]
    assert memory.redo().what == wanted.redo().what
    assert memory.prompts == wanted.prompts
    for _ in range(4):
        memory.undo()
    assert (len(memory), memory.labels) == (0, ())
    memory.close()
    reopened(path).close()
    backup = sqlite3.connect(path.with_name("memory.db.format1"))
    assert backup.execute("PRAGMA user_version").fetchone() == (1,)
    assert backup.execute("SELECT count(*) FROM example").fetchone() == (6,)
    backup.close()


@pytest.fixture
def format_2(path) -> Path:
    shutil.copy(DATA / "format2.db", path)
    return path


def test_format_2_becomes_a_log_with_labels_prompts_negatives_and_pictures(format_2) -> None:
    memory = reopened(format_2)
    assert labels(memory) == WRITTEN_BY_FORMAT_2["now"]["labels"]
    assert memory.version == WRITTEN_BY_FORMAT_2["now"]["version"]
    pictures = sum(len(example.thumbnail) for example in memory.examples.with_details(memory.examples()))
    assert pictures == WRITTEN_BY_FORMAT_2["now"]["pictures"]
    assert [list(entry) for entry in memory.log.history()] == WRITTEN_BY_FORMAT_2["history"]
    assert format_2.with_name("memory.db.format2").exists()


def test_what_was_undone_in_format_2_can_be_redone(format_2) -> None:
    memory = reopened(format_2)
    for what, found in WRITTEN_BY_FORMAT_2["redo"]:
        assert (memory.redo().what, labels(memory)) == (what, found)
    with pytest.raises(NothingToRedoError):
        memory.redo()


def test_what_was_done_in_format_2_can_be_undone(format_2) -> None:
    memory = reopened(format_2)
    for what, found in WRITTEN_BY_FORMAT_2["undo"]:
        assert (memory.undo().what, labels(memory)) == (what, found)
    with pytest.raises(NothingToUndoError):
        memory.undo()


def test_both_files_of_a_memory_become_the_same_log(format_2, tmp_path) -> None:
    shutil.copy(DATA / "format2.db", tmp_path / "memory.db.copy")
    memory = reopened(format_2)
    assert memory.has_copy
    assert not any("set aside" in notice for notice in memory.notices)


def test_a_damaged_file_of_format_2_is_replaced_by_its_copy(format_2, tmp_path) -> None:
    shutil.copy(DATA / "format2.db", tmp_path / "memory.db.copy")
    data = bytearray(format_2.read_bytes())
    place = data.index(b"a cap")
    data[place] ^= 1
    format_2.write_bytes(data)
    memory = reopened(format_2)
    assert labels(memory) == WRITTEN_BY_FORMAT_2["now"]["labels"]
    assert list(tmp_path.glob("memory.db.damaged-*"))


def test_what_is_whole_of_two_damaged_files_of_format_2_is_saved(format_2, tmp_path) -> None:
    data = bytearray(format_2.read_bytes())
    data[data.index(b"a cap")] ^= 1
    format_2.write_bytes(data)
    (tmp_path / "memory.db.copy").write_bytes(data)
    memory = reopened(format_2)
    assert labels(memory) == WRITTEN_BY_FORMAT_2["now"]["labels"]


def test_a_migration_that_fails_leaves_the_file_as_it_was(format_2, monkeypatch) -> None:
    before = format_2.read_bytes()

    def fail(file, version) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(inspect_file, "migrate", fail)
        with pytest.raises(MemoryStoreError, match="disk is full"):
            Memory(ENCODER, format_2)
    assert format_2.read_bytes()[100:] == before[100:]
    assert labels(reopened(format_2)) == WRITTEN_BY_FORMAT_2["now"]["labels"]


def test_a_newer_format_is_refused_and_left_as_it_is(path) -> None:
    taught(path).close()
    for name in ("memory.db", "memory.db.copy"):
        database = sqlite3.connect(path.with_name(name))
        database.execute("UPDATE meta SET value = '4' WHERE key = 'format'")
        database.execute("PRAGMA user_version = 4")
        database.commit()
        database.close()
    before = path.read_bytes()
    with pytest.raises(
        MemoryStoreError, match=r"written by a newer vfrt \(format 4; this one reads up to 3\)"
    ):
        Memory(ENCODER, path)
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.damaged-*"))
