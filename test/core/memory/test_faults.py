# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Disks that fill up, folders that vanish, other processes: an error in words, nothing changed, and then it works."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.recovery import copy_path
from vfrt_ros.core.memory.store_file import StoreFile
from vfrt_ros.core.types.errors import MemoryStoreError

from .teaching import ENCODER, new_examples, reopened, taught

NOBODY = 65534


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    memory = taught(tmp_path / "home" / "memory.db")
    yield memory
    memory.close()


def state(memory: Memory) -> tuple:
    return memory.state_hash(), memory.version, len(memory)


def assert_a_restart_finds(memory: Memory) -> None:
    wanted = memory.state_hash(), memory.version, memory.log.history()
    memory.close()
    again = reopened(memory.path)
    assert (again.state_hash(), again.version, again.log.history()) == wanted
    assert (again.notices, again.has_copy) == ((), True)
    again.close()


@contextlib.contextmanager
def full_disk(memory: Memory) -> Iterator[None]:
    """SQLite may not add a page to the first file."""
    database = memory._folded.store._file.database
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        database.execute("PRAGMA max_page_count = 1073741823")


@contextlib.contextmanager
def no_more_bytes(memory: Memory) -> Iterator[None]:
    """The system lets no file of this process grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def vanished_folder(memory: Memory) -> Iterator[None]:
    """The folder is gone, and comes back empty."""
    shutil.rmtree(memory.path.parent)
    yield
    memory.path.parent.mkdir()


@contextlib.contextmanager
def moved_folder(memory: Memory) -> Iterator[None]:
    """The folder is gone, and comes back as it was, as a disk that is plugged in again."""
    away = memory.path.parent.with_name("away")
    memory.path.parent.rename(away)
    yield
    away.rename(memory.path.parent)


@contextlib.contextmanager
def only_reading(folder: Path, mode: int = 0o555) -> Iterator[None]:
    """Nothing may be made in the folder; root, who may everything, becomes `nobody` meanwhile."""
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, -1)
        os.seteuid(NOBODY)
    folder.chmod(mode)
    try:
        yield
    finally:
        folder.chmod(0o755)
        if os.getuid() == 0:
            os.seteuid(0)


FAULTS = {
    "a full disk": (full_disk, "full"),
    "a limit of the system": (no_more_bytes, "disk I/O error"),
    "a folder that vanished": (vanished_folder, "its folder has vanished"),
    "a folder that was away": (moved_folder, "its folder has vanished"),
}


@pytest.mark.parametrize(("fault", "text"), FAULTS.values(), ids=FAULTS)
def test_a_write_that_fails_changes_nothing_and_the_next_success_says_so(fault, text, memory) -> None:
    before = state(memory)
    with fault(memory):
        for _ in range(2):
            with pytest.raises(MemoryStoreError, match=rf"Cannot write the memory .*memory\.db: .*{text}"):
                memory.register("hat", new_examples(60, 7))
        assert state(memory) == before
        assert len(memory.search_rows(memory.examples("dog")[0].embedding, 3)[0]) == 3
    step = memory.register("hat", new_examples(60, 7))
    assert "can be written again, after 2 changes that could not" in step.what
    assert "again" not in memory.register("hat", new_examples(1, 8)).what
    assert "again" not in memory.log.history()[-2][0]
    assert_a_restart_finds(memory)


@pytest.mark.parametrize("goes_on", [False, True], ids=["then the end", "then another change"])
def test_a_change_that_only_the_copy_took_was_never_made(goes_on, memory) -> None:
    before = state(memory)
    with full_disk(memory), pytest.raises(MemoryStoreError):
        memory.register("hat", new_examples(60, 7))
    assert memory._folded.store._replica._copy.version == before[1] + 1
    assert (state(memory), memory.has_copy) == (before, False)
    if goes_on:
        memory.forget("cup")
        assert memory.has_copy
    assert_a_restart_finds(memory)


def test_what_a_killed_process_had_not_noted_yet_counts_from_the_next_start_on(memory) -> None:
    memory.close()
    lock = memory.path.with_name("memory.db.lock")
    number, identity, version = lock.read_text().split()
    lock.write_text(f"{number} {identity} {int(version) - 1}")
    again = reopened(memory.path)
    with full_disk(again), pytest.raises(MemoryStoreError):
        again.register("hat", new_examples(60, 7))
    assert not again.has_copy
    assert_a_restart_finds(again)


def test_undo_says_so_too(memory) -> None:
    with full_disk(memory), pytest.raises(MemoryStoreError):
        memory.register("hat", new_examples(60, 7))
    assert "again" in memory.undo().what


def test_a_file_that_was_removed_is_written_anew_with_its_history(memory) -> None:
    memory.path.unlink()
    memory.relabel("cup", "mug")
    assert memory.path.is_file()
    assert_a_restart_finds(memory)


def test_another_file_in_its_place_is_not_written_over(memory) -> None:
    memory.path.unlink()
    other = StoreFile(memory.path)
    other.begin(ENCODER)
    other.close()
    before = memory.path.read_bytes()
    with pytest.raises(MemoryStoreError, match="another file has taken its place"):
        memory.forget("cup")
    assert memory.path.read_bytes() == before


def test_a_copy_that_cannot_be_written_is_spoken_of_once_and_catches_up(memory) -> None:
    copy = memory._folded.store._replica._copy.database
    copy.execute("PRAGMA query_only = ON")
    for seed in range(3):
        memory.register("hat", new_examples(1, seed))
    assert (memory.has_copy, len(memory._folded.store.notices)) == (False, 1)
    assert "copy of" in memory._folded.store.notices[0]
    copy.execute("PRAGMA query_only = OFF")
    memory.forget("hat")
    assert memory.has_copy
    assert_a_restart_finds(memory)


def test_a_copy_that_was_removed_is_made_anew(memory) -> None:
    copy_path(memory.path).unlink()
    memory.forget("cup")
    assert copy_path(memory.path).is_file()
    assert_a_restart_finds(memory)


def test_a_copy_out_of_reach_does_not_stop_the_memory(memory) -> None:
    memory.close()
    copy_path(memory.path).unlink()
    copy_path(memory.path).mkdir()
    again = reopened(memory.path)
    assert "out of reach" in again.notices[0]
    again.forget("dog")
    again.undo()
    assert (again.has_copy, len(again._folded.store.notices)) == (False, 1)
    copy_path(memory.path).rmdir()
    again.forget("dog")
    assert again.has_copy
    assert_a_restart_finds(again)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another user can reach, as pytest's are not."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_a_folder_that_may_only_be_read_is_a_clear_error_at_the_start(folder) -> None:
    with only_reading(folder):
        for path in (folder / "memory.db", folder / "deeper" / "memory.db"):
            with pytest.raises(MemoryStoreError, match=r"Cannot open .*check the disk and the permissions"):
                Memory(ENCODER, path)
    Memory(ENCODER, folder / "memory.db").close()


def test_a_folder_that_may_only_be_read_changes_nothing_later(folder) -> None:
    memory = taught(folder / "memory.db")
    before = state(memory)
    memory.path.unlink()  # what is open can be written still; a file that is made anew needs the folder
    with only_reading(folder):
        with pytest.raises(MemoryStoreError, match=r"Cannot write .*check the disk and the permissions"):
            memory.forget("cup")
        assert state(memory) == before
        assert memory.failures == 1
    assert "can be written again, after 1 change that could not" in memory.forget("cup").what
    assert memory.failures == 0
    assert_a_restart_finds(memory)


def test_a_folder_that_may_not_be_searched_is_a_typed_error_at_the_start_and_later(folder) -> None:
    memory = taught(folder / "memory.db")
    before = state(memory)
    with only_reading(folder, 0o600):
        with pytest.raises(MemoryStoreError, match=r"Cannot read .*check the disk and the permissions"):
            _ = memory.size
        with pytest.raises(MemoryStoreError, match=r"Cannot write .*check the disk and the permissions"):
            memory.forget("cup")
        with pytest.raises(MemoryStoreError, match=r"Cannot open .*check the disk and the permissions"):
            Memory(ENCODER, folder / "other.db")
        with pytest.raises(MemoryStoreError, match=r"Cannot copy .*check the disk and the permissions"):
            memory.backup(folder / "backup.db")
        assert state(memory) == before
    memory.forget("cup")
    assert_a_restart_finds(memory)


@pytest.mark.parametrize("name", ["file", "file/deeper"])
def test_a_file_in_place_of_the_folder_is_a_clear_error(name, tmp_path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(
        MemoryStoreError, match=r"Cannot open the memory .*check the disk and the permissions"
    ):
        Memory(ENCODER, tmp_path / name / "memory.db")


HOLDER = """
import sys
from pathlib import Path
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
memory = Memory(EncoderIdentity("fake", "abc123", 16), Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_told_who_has_it_and_a_killed_one_lets_go(tmp_path) -> None:
    path = tmp_path / "memory.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(MemoryStoreError, match=rf"another process uses it \(number {holder.pid}\)"):
            Memory(ENCODER, path)
        holder.kill()
        holder.wait()
    reopened(path).close()
