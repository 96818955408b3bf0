# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Inspect a memory's file when it is opened, and bring older versions to this one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from vfrt_ros.core.memory import format2
from vfrt_ros.core.memory.check import first_fault
from vfrt_ros.core.memory.database import APPLICATION_ID, READ_ERRORS, Journal, header_fault, is_damage
from vfrt_ros.core.memory.migrate import migrate
from vfrt_ros.core.memory.schema import SCHEMA_VERSION
from vfrt_ros.core.memory.store_file import StoreFile
from vfrt_ros.core.types.errors import MemoryStoreError, words_of

Say = Callable[[str], None]
"""Takes one sentence for the person who looks after the robot."""


class FileState(Enum):
    """The states in which a file can be found."""

    MISSING = "missing"
    BLANK = "blank"
    GOOD = "good"
    DAMAGED = "damaged"
    OUT_OF_REACH = "out of reach"


@dataclass(frozen=True, slots=True)
class InspectionReport:
    """A file that was looked at; `file` is open where it is good, `fault` says what is wrong where it is not."""

    path: Path
    state: FileState
    file: StoreFile | None = None
    fault: str = ""

    def close(self) -> None:
        """Close the file, if there is one."""
        if self.file is not None:
            self.file.close()


def inspect(path: Path, journal: Journal, say: Say) -> InspectionReport:
    """Open a file and check it; an older version is brought to this one first.

    Args:
        path: Of the file, which need not be there.
        journal: SQLite's journal mode to open it with.
        say: Is told what was done to it, in sentences.

    Raises:
        MemoryStoreError: It was written by a newer vfrt.
        sqlite3.Error, OSError: It is out of reach; that says nothing of its content.
    """
    if not path.exists():
        return InspectionReport(path, FileState.MISSING)
    if not path.stat().st_size:
        return InspectionReport(path, FileState.BLANK)
    fault = header_fault(path)
    if fault:
        return InspectionReport(path, FileState.DAMAGED, fault=fault)
    file = None
    try:
        file = StoreFile(path, journal)
        if file.is_blank:
            file.close()
            return InspectionReport(path, FileState.BLANK)
        fault = _bring_up_to_date(file, path, say) or first_fault(file.database)
    except MemoryStoreError:
        if file is not None:
            file.close()
        raise
    except (*READ_ERRORS, OSError) as error:
        if file is not None:
            file.close()
        if not is_damage(error):
            raise
        fault = words_of(error)
    if fault and file is not None:
        file.close()
    return (
        InspectionReport(path, FileState.DAMAGED, fault=fault)
        if fault
        else InspectionReport(path, FileState.GOOD, file)
    )


def is_ours(path: Path) -> bool:
    """Whether a file that is damaged was a memory once: its header says so, or its tables do.

    Args:
        path: Of a file that is there.
    """
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
        return {"meta", "operation"} <= names or {"meta", "example", "step"} <= names
    except READ_ERRORS:
        return False
    finally:
        database.close()


def _bring_up_to_date(file: StoreFile, path: Path, say: Say) -> str:
    """Migrate an older version, with a backup; returns a fault where it is not a version at all."""
    read = [
        file.database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id")
    ]
    version, application = read
    if version == SCHEMA_VERSION:
        return ""
    if application == APPLICATION_ID and _written_format(file) == str(SCHEMA_VERSION):
        return f"its header says format {version}"
    if version > SCHEMA_VERSION:
        raise MemoryStoreError(
            f"The memory {file.path} was written by a newer vfrt (format {version}; this one reads up to "
            f"{SCHEMA_VERSION}): update vfrt, or set memory_path to another file."
        )
    if version < 1 or application not in (0, APPLICATION_ID) or (application == 0) != (version == 1):
        return "its tables are not those of a memory"
    for (text,) in file.database.execute("PRAGMA integrity_check(1)").fetchall():
        if text != "ok":
            return str(text).splitlines()[-1]
    fault = format2.first_fault(file.database, version)
    if fault:
        return fault
    backup = _free_name(path, f".format{version}")
    file.copy_to(backup)
    migrate(file, version)
    say(f"The memory {file.path} was brought from format {version} to {SCHEMA_VERSION}; as it was: {backup}.")
    return ""


def _written_format(file: StoreFile) -> str:
    try:
        return file.meta.get("format", "")
    except READ_ERRORS:
        return ""


def _free_name(path: Path, ending: str) -> Path:
    free, number = path.with_name(path.name + ending), 2
    while free.exists():
        free, number = path.with_name(f"{path.name}{ending}-{number}"), number + 1
    return free
