# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Opening a SQLite file so that what is committed stays, and its errors in words."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

from vfrt_ros.core.types.errors import MemoryStoreError, words_of

APPLICATION_ID = 0x76667274
"""`vfrt` in ASCII; tells `file` and us whose file it is."""
MAGIC = b"SQLite format 3\x00"
COMPANIONS = ("-wal", "-shm", "-journal")
"""Endings of the files that SQLite puts beside a file."""
_UNAVAILABLE = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
"""Primary result codes that speak of the machine, not of the file's content (sqlite.org/rescode.html)."""
_UNREADABLE = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ}

READ_ERRORS = (sqlite3.Error, ValueError, OverflowError)
"""Errors of reading a broken file: sqlite3 lets text that is not UTF-8, its own messages too, pass as such."""


class Journal(Enum):
    """How a commit is made safe: the memory writes ahead, its copy rolls back."""

    WRITE_AHEAD = "WAL"
    ROLL_BACK = "TRUNCATE"


def connect(path: Path | None, journal: Journal = Journal.WRITE_AHEAD) -> sqlite3.Connection:
    """Open a file for this process alone, every commit durable when it returns (synchronous FULL).

    Args:
        path: None = in RAM.

    Raises:
        sqlite3.Error: It cannot be opened, or another process holds it.
    """
    database = sqlite3.connect(path or ":memory:", timeout=0.2, isolation_level=None, check_same_thread=False)
    try:
        for pragma in (
            "locking_mode = EXCLUSIVE",
            "cell_size_check = ON",
            f"journal_mode = {journal.value}",
            "synchronous = FULL",
            "foreign_keys = ON",
            "temp_store = MEMORY",
        ):
            database.execute(f"PRAGMA {pragma}").fetchall()
        database.execute("BEGIN IMMEDIATE")
        database.execute("COMMIT")
    except BaseException:
        database.close()
        raise
    return database


@contextlib.contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All or nothing.

    Args:
        database: Open, with no transaction in it.
    """
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def in_words(verb: str, path: Path | None) -> Iterator[None]:
    """Turn errors of SQLite and of the system into a `MemoryStoreError` that says what to do.

    Args:
        verb: What is tried: `open`, `read`, `write`.
        path: The file; None = in RAM.
    """
    try:
        yield
    except (sqlite3.Error, OSError, ValueError) as error:
        # ValueError: a path that no file can have, or a text that SQLite cannot hold.
        held = getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        cure = (
            "another process uses it: stop that one, or set memory_path to another file"
            if held
            else "check the disk and the permissions, or set memory_path to another file"
        )
        raise MemoryStoreError(f"Cannot {verb} the memory {path}: {words_of(error)}; {cure}.") from error


def is_damage(error: Exception) -> bool:
    """Whether an error while reading a file means that its content is broken, not that it is out of reach.

    Args:
        error: Of SQLite, or of the system.
    """
    if isinstance(error, OSError):
        return False
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or code in _UNREADABLE:
        return True
    return code & 0xFF not in {*_UNAVAILABLE, sqlite3.SQLITE_IOERR}


def header_fault(path: Path) -> str:
    """The fault in the first bytes of a file (sqlite.org/fileformat.html, 1.3); empty = nothing.

    Args:
        path: Of a file that is there.
    """
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100 or not header.startswith(MAGIC):
        return "it does not begin as a SQLite database does"
    size, cookie, version, application = (
        int.from_bytes(header[first:last], "big") for first, last in ((16, 18), (40, 44), (60, 64), (68, 72))
    )
    if application not in (0, APPLICATION_ID) or (cookie and not version):
        return "it is another program's database"
    if (size != 1 and (size < 512 or size & (size - 1))) or not {header[18], header[19]} <= {1, 2}:
        return "its header is broken"
    return ""


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable.

    Args:
        folder: In which files were renamed, made or removed.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
