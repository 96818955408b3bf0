"""What a memory's file turns out to be when it is opened; older versions are brought to this one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from vfrt_ros.core.memory.book import Book
from vfrt_ros.core.memory.check import first_fault
from vfrt_ros.core.memory.database import APPLICATION_ID, READ_ERRORS, Journal, header_fault, is_damage
from vfrt_ros.core.memory.schema import SCHEMA_VERSION, migrate
from vfrt_ros.core.types.errors import MemoryStoreError

Say = Callable[[str], None]
"""Takes one sentence for the person who looks after the robot."""


class State(Enum):
    """What a file turned out to be."""

    MISSING = "missing"
    BLANK = "blank"
    GOOD = "good"
    DAMAGED = "damaged"
    OUT_OF_REACH = "out of reach"


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was looked at; `book` is open where it is good, `fault` says what is wrong where it is not."""

    path: Path
    state: State
    book: Book | None = None
    fault: str = ""

    def close(self) -> None:
        """Close the book, if there is one."""
        if self.book is not None:
            self.book.close()


def look(path: Path, journal: Journal, say: Say) -> Found:
    """Open a file and check it; an older version is brought to this one first.

    Raises:
        MemoryStoreError: It was written by a newer vfrt.
        sqlite3.Error, OSError: It is out of reach; that says nothing of its content.
    """
    if not path.exists():
        return Found(path, State.MISSING)
    if not path.stat().st_size:
        return Found(path, State.BLANK)
    fault = header_fault(path)
    if fault:
        return Found(path, State.DAMAGED, fault=fault)
    book = None
    try:
        book = Book(path, journal)
        if book.is_blank:
            book.close()
            return Found(path, State.BLANK)
        fault = _bring_up_to_date(book, path, say) or first_fault(book.database)
    except MemoryStoreError:
        if book is not None:
            book.close()
        raise
    except (*READ_ERRORS, OSError) as error:
        if book is not None:
            book.close()
        if not is_damage(error):
            raise
        fault = str(error)
    if fault and book is not None:
        book.close()
    return Found(path, State.DAMAGED, fault=fault) if fault else Found(path, State.GOOD, book)


def is_ours(path: Path) -> bool:
    """Whether a file that is damaged was a memory once: its header says so, or its tables do."""
    with path.open("rb") as file:
        header = file.read(100)
    if header[68:72] == APPLICATION_ID.to_bytes(4, "big"):
        return True
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    except sqlite3.Error:
        return False
    try:
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
        return {"meta", "example", "step"} <= names
    except READ_ERRORS:
        return False
    finally:
        database.close()


def _bring_up_to_date(book: Book, path: Path, say: Say) -> str:
    """Migrate an older version, with a backup; returns a fault where it is no version at all."""
    read = [
        book.database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id")
    ]
    version, application = read
    if version == SCHEMA_VERSION:
        return ""
    if application == APPLICATION_ID and _written_format(book) == str(SCHEMA_VERSION):
        return f"its header says format {version}"
    if version > SCHEMA_VERSION:
        raise MemoryStoreError(
            f"The memory {book.path} was written by a newer vfrt (format {version}; this one reads up to "
            f"{SCHEMA_VERSION}): update vfrt, or set memory_path to another file."
        )
    if version < 1 or application:
        return "its tables are not those of a memory"
    for (text,) in book.database.execute("PRAGMA integrity_check(1)").fetchall():
        if text != "ok":
            return str(text).splitlines()[-1]
    backup = _free_name(path, f".format{version}")
    book.copy_to(backup)
    migrate(book.database)
    say(f"The memory {book.path} was brought from format {version} to {SCHEMA_VERSION}; as it was: {backup}.")
    return ""


def _written_format(book: Book) -> str:
    try:
        return book.meta.get("format", "")
    except READ_ERRORS:
        return ""


def _free_name(path: Path, ending: str) -> Path:
    free, number = path.with_name(path.name + ending), 2
    while free.exists():
        free, number = path.with_name(f"{path.name}{ending}-{number}"), number + 1
    return free
