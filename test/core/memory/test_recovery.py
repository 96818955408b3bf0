# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Damaged files: what is lost, what is said, what is kept. `make crash` does the same at random."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from vfrt_ros.core.memory import recovery
from vfrt_ros.core.memory.checksum import checksum
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import MemoryStoreError

from .teaching import ENCODER, new_examples, reopened, taught


def state(memory: Memory) -> tuple:
    return memory.state_hash(), memory.version, memory.log.history()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def expected(path: Path) -> tuple:
    memory = taught(path)
    memory.undo()
    memory.close()
    return _state_of(path)


def _state_of(path: Path) -> tuple:
    memory = reopened(path)
    try:
        return state(memory)
    finally:
        memory.close()


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def flip_in_embedding(path: Path) -> None:
    """A bit that SQLite itself does not miss."""
    memory = taught()
    vector = memory.examples("cup")[1].embedding.tobytes()
    flip(path, path.read_bytes().index(vector) + 9)


def drop_a_row(path: Path) -> None:
    """A row that is gone, with all that remains in order; the totals know."""
    database = sqlite3.connect(path)
    database.execute("DROP TRIGGER operation_delete")
    database.execute("DELETE FROM operation WHERE number = 2")
    database.commit()
    database.close()


def another_payload(path: Path) -> None:
    """Each row in order, but one operation is not what its robot made."""
    database = sqlite3.connect(path)
    row = list(database.execute("SELECT * FROM operation WHERE number = 2").fetchone())
    row[5] = row[5][:-1] + b"?"
    row[7] = checksum("operation", *row[:5], row[6], len(row[5]))
    database.execute("UPDATE operation SET payload = ?, checksum = ? WHERE number = 2", (row[5], row[7]))
    database.commit()
    database.close()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no longer a database": lambda path: flip(path, 3),
    "a page size that is none": lambda path: flip(path, 17),
    "a version of the future": lambda path: path.write_bytes(_with_version(path, 66)),
    "a version of the past": lambda path: path.write_bytes(_with_version(path, 1)),
    "another program's": lambda path: flip(path, 70),
    "cut in the middle": lambda path: path.write_bytes(path.read_bytes()[:9000]),
    "cut to a whole page": lambda path: path.write_bytes(path.read_bytes()[:8192]),
    "empty": lambda path: path.write_bytes(b""),
    "a bit of an embedding": flip_in_embedding,
    "a row too few": drop_a_row,
    "an operation that its robot did not make": another_payload,
}


def _with_version(path: Path, version: int) -> bytes:
    data = bytearray(path.read_bytes())
    data[60:64] = version.to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize("name", ["memory.db", "memory.db.copy"])
@pytest.mark.parametrize("do", DAMAGE.values(), ids=DAMAGE)
def test_one_damaged_file_loses_nothing_is_kept_and_spoken_of(do, name, path, expected) -> None:
    do(path.with_name(name))
    hurt = path.with_name(name).read_bytes()
    memory = reopened(path)
    assert state(memory) == expected
    assert len(memory.notices) == 1
    kept = [file for file in path.parent.glob(f"{name}.damaged-*Z") if file.read_bytes() == hurt]
    assert len(kept) == 1 and str(kept[0]) in memory.notices[0]
    memory.redo()
    memory.close()
    again = reopened(path)
    assert (again.notices, again.version, again.has_copy) == ((), expected[1] + 1, True)
    again.close()


@pytest.mark.parametrize("name", ["memory.db", "memory.db.copy"])
def test_a_missing_file_is_made_anew_and_spoken_of(name, path, expected) -> None:
    path.with_name(name).unlink()
    memory = reopened(path)
    assert state(memory) == expected
    assert len(memory.notices) == 1 and "missing" in memory.notices[0]
    memory.close()


def test_a_lost_log_is_made_good_by_the_copy(path) -> None:
    memory = taught(path)
    log = path.with_name("memory.db-wal")
    assert log.stat().st_size
    wanted = state(memory)
    # A crash leaves both files and the log; then the log's first page loses a bit.
    saved = path.parent / "saved"
    saved.mkdir()
    for end in ("", "-wal", ".copy", ".copy-wal", ".lock"):
        shutil.copyfile(path.with_name(path.name + end), saved / (path.name + end))
    memory.close()
    flip(saved / "memory.db-wal", 100)
    mended = reopened(saved / "memory.db")
    assert state(mended) == wanted
    assert "copy holds change 4" in mended.notices[0]
    mended.close()


def test_where_both_logs_have_lost_their_end_it_says_so(path) -> None:
    memory = taught(path)
    memory.close()
    memory = reopened(path)
    wanted = state(memory)
    memory.register("hat", new_examples(2, 9))
    saved = path.parent / "saved"
    saved.mkdir()
    for end in ("", ".copy", ".lock"):
        shutil.copyfile(path.with_name(path.name + end), saved / (path.name + end))
    memory.close()
    found = reopened(saved / "memory.db")
    assert state(found) == wanted
    assert "is at change 4 and had been at 5: the newest changes are lost" in found.notices[0]
    found.register("hat", new_examples(2, 9))
    found.close()
    again = reopened(saved / "memory.db")
    assert (again.notices, again.version) == ((), 5)
    again.close()


def test_a_log_whose_copy_is_missing_is_not_taken_for_the_new_ones(path, expected) -> None:
    log = path.with_name("memory.db.copy-wal")
    path.with_name("memory.db.copy").unlink()
    log.write_bytes(b"7" * 5000)
    memory = reopened(path)
    assert (state(memory), memory.has_copy) == (expected, True)
    memory.close()
    assert [file.read_bytes() for file in path.parent.glob("*.damaged-*-wal")] == [b"7" * 5000]
    again = reopened(path)
    assert (state(again), again.notices) == (expected, ())
    again.close()


def test_an_older_memory_in_place_of_the_first_does_not_win(path, tmp_path) -> None:
    memory = taught(path)
    memory.backup(tmp_path / "old.db")
    memory.register("hat", new_examples(2, 9))
    wanted = state(memory)
    memory.close()
    shutil.copyfile(tmp_path / "old.db", path)
    memory = reopened(path)
    assert state(memory) == wanted
    assert "had lost its newest changes" in memory.notices[0]
    memory.close()


def test_the_copy_of_another_memory_is_set_aside(path, tmp_path) -> None:
    other = taught(tmp_path / "other" / "memory.db")
    other.register("hat", new_examples(2, 9))
    other.close()
    memory = taught(path)
    wanted = state(memory)
    memory.close()
    shutil.copyfile(tmp_path / "other" / "memory.db.copy", path.with_name("memory.db.copy"))
    memory = reopened(path)
    assert state(memory) == wanted
    assert "belongs to another memory" in memory.notices[0]
    memory.close()


def test_two_damaged_files_give_what_can_be_read(path, expected) -> None:
    flip_in_embedding(path)
    flip_in_embedding(path.with_name("memory.db.copy"))
    memory = reopened(path)
    assert (memory.table.count("cup"), memory.table.count("dog"), memory.table.negatives("cup")) == (0, 2, 1)
    assert memory.version > expected[1]
    assert "Both files" in memory.notices[0] and "4 operations" in memory.notices[0]
    assert len(list(path.parent.glob("*.damaged-*"))) >= 2
    memory.register("dog", new_examples(1, 8))
    memory.close()
    again = reopened(path)
    assert (again.table.count("dog"), again.notices) == (3, ())
    again.close()


def test_a_kill_in_the_middle_of_saving_is_made_good_by_the_next_start(path, expected, monkeypatch) -> None:
    flip_in_embedding(path)
    flip_in_embedding(path.with_name("memory.db.copy"))

    def stop(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(recovery, "is_taken", stop)
        reopened(path)
    assert not path.exists()
    memory = reopened(path)
    assert len(memory) == 3
    memory.close()


def test_salvage_never_mixes_encoders(path, expected) -> None:
    for name in ("memory.db", "memory.db.copy"):
        flip_in_embedding(path.with_name(name))
    memory = reopened(path, EncoderIdentity("fake", "another", 16))
    assert len(memory) == 0
    memory.close()


def test_without_its_encoder_a_ruin_is_left_as_it_is(path, expected) -> None:
    for name in ("memory.db", "memory.db.copy"):
        path.with_name(name).write_bytes(b"SQLite format 3\x00" + bytes(5000))
    with pytest.raises(MemoryStoreError, match="not even its encoder can be read"):
        Memory(None, path)
    assert not list(path.parent.glob("*.damaged-*"))


def test_another_programs_database_is_refused_and_left_as_it_is(path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE cash (coins INTEGER)")
    database.commit()
    database.close()
    before = path.read_bytes()
    with pytest.raises(MemoryStoreError, match="is not a memory"):
        Memory(ENCODER, path)
    assert path.read_bytes() == before
