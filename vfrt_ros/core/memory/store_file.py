# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One SQLite file with a whole log: its statements. Errors are SQLite's own; `Store` puts them in words."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from vfrt_ros.core.memory.checksum import checked
from vfrt_ros.core.memory.database import COMPANIONS, Journal, connect, sync_folder, transaction
from vfrt_ros.core.memory.operation_row import COLUMNS, Row
from vfrt_ros.core.memory.schema import SCHEMA, execute_script, fresh_id, fresh_robot
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.operation import OperationId

Head = tuple[int, str, int, str]
_PLACES = ", ".join("?" * 8)


class StoreFile:
    """The log of operations in one file, and a few facts about it (`meta`).

    Args:
        path: None = in RAM.
        journal: How its commits are made safe.
    """

    def __init__(self, path: Path | None, journal: Journal = Journal.WRITE_AHEAD) -> None:
        self.path = path
        self.journal = journal
        self.database = connect(path, journal)
        self._place = place_of(path)

    @property
    def in_place(self) -> bool:
        """Whether the path still leads to the file that is open."""
        return place_of(self.path) == self._place

    @property
    def meta(self) -> dict[str, str]:
        """Encoder, version, identity, robot and the like."""
        return dict(self.database.execute("SELECT key, value FROM meta"))

    @property
    def encoder(self) -> EncoderIdentity:
        """The encoder that it belongs to."""
        meta = self.meta
        former = tuple(meta.get("former_spaces", "").split())
        return EncoderIdentity(meta["encoder_id"], meta["space"], int(meta["dim"]), former)

    @property
    def version(self) -> int:
        """Changes since the memory began."""
        found = self.database.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
        return int(found[0])

    @property
    def digest(self) -> tuple:
        """Equal for equal logs at the same version."""
        query = "SELECT rows, checksum FROM total WHERE name = 'operation'"
        return (*self.database.execute(query).fetchone(), self.version)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was ever written to it."""
        written = self.database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        return not written and not self.database.execute("PRAGMA user_version").fetchone()[0]

    def content_hash(self) -> str:
        """SHA-256 (hexadecimal) over every operation as it reads now, and the version."""
        digest = hashlib.sha256()
        query = f"SELECT {COLUMNS} FROM operation NOT INDEXED ORDER BY robot, number"
        for row in self.database.execute(query):
            digest.update(repr(row[:-1]).encode())
        digest.update(str(self.version).encode())
        return digest.hexdigest()

    def begin(
        self, encoder: EncoderIdentity, *, version: int = 0, identity: str = "", robot: str = ""
    ) -> None:
        """Make a blank file an empty memory.

        Args:
            encoder: Whose embeddings it will hold.
            version: Changes since the memory began.
            identity: That both of its files have; empty = a random one.
            robot: Its id; empty = a random one.
        """
        meta = {
            "encoder_id": encoder.encoder_id,
            **facts_of(encoder),
            "dim": str(encoder.dim),
            "version": str(version),
            "identity": identity or fresh_id(),
            "format": "3",
            "robot": robot or fresh_robot(),
        }
        with transaction(self.database):
            execute_script(self.database, SCHEMA)
            self.write_meta(meta)

    def operations(self) -> Iterator[Row]:
        """The rows of all operations, in the order of the log."""
        query = f"SELECT {COLUMNS} FROM operation ORDER BY clock, robot, number"
        return iter(self.database.execute(query))

    def heads(self) -> list[Head]:
        """(clock, robot, number, kind) of all operations, in the order of the log."""
        query = "SELECT clock, robot, number, kind FROM operation ORDER BY clock, robot, number"
        return self.database.execute(query).fetchall()

    def operation(self, key: OperationId) -> Row | None:
        """The row of one operation."""
        query = f"SELECT {COLUMNS} FROM operation WHERE robot = ? AND number = ?"
        found = self.database.execute(query, key).fetchone()
        return tuple(found) if found is not None else None

    def append(self, rows: Sequence[Row], version: int, meta: Mapping[str, str] | None = None) -> None:
        """Add operations that are not there, in one transaction.

        Args:
            rows: From `operation_row.row_of`; made once for both files of a memory.
            version: What the memory is at then.
            meta: Other facts that become true with them.
        """
        with transaction(self.database):
            self.write_rows(rows)
            self.write_meta({"version": str(version), **(meta or {})})

    def note(self, meta: Mapping[str, str]) -> None:
        """Set facts."""
        with transaction(self.database):
            self.write_meta(meta)

    def replace(self, rows: Iterable[Row], version: int, meta: Mapping[str, str]) -> None:
        """Put pruned rows in the place of whole ones; arguments as for `append`."""
        with transaction(self.database):
            self.database.executemany(
                "UPDATE operation SET pruned = ?, payload = ?, checksum = ? WHERE robot = ? AND number = ?",
                [(row[4], row[5], row[7], row[0], row[1]) for row in rows],
            )
            self.write_meta({"version": str(version), **meta})

    def newest(self, robot: str) -> int:
        """The highest number of a robot's operations; 0 = there are none."""
        found = self.database.execute(
            "SELECT max(number) FROM operation WHERE robot = ?", (robot,)
        ).fetchone()
        return int(found[0] or 0)

    def rename(
        self, robot: str, last: int, rows: Sequence[Row], version: int, meta: Mapping[str, str]
    ) -> None:
        """Put rows of other ids in the place of a robot's operations above a number; the rest as for `append`.

        Args:
            robot: The old id.
            last: The last number that stays under it.
            rows: Those that come in the place of the ones above it.
            version, meta: As for `append`.
        """
        with transaction(self.database):
            self.database.execute("DELETE FROM operation WHERE robot = ? AND number > ?", (robot, last))
            self.write_rows(rows)
            self.write_meta({"version": str(version), **meta})

    def compact(self) -> None:
        """Give the room of what was removed back to the disk."""
        # In memory are only the small notes that a statement makes while it runs, not a whole second memory.
        self.database.execute("PRAGMA temp_store = FILE")
        self.database.execute("VACUUM")
        self.database.execute("PRAGMA temp_store = MEMORY")
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def copy_to(self, path: Path) -> None:
        """Write a copy that is one file, whole or not there at all; what was there before is replaced.

        Args:
            path: Of the copy.
        """
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
        """Close the file; it is not used afterwards."""
        self.database.close()

    def write_rows(self, rows: Sequence[Row]) -> None:
        """Add operations, inside a transaction of the caller's."""
        self.database.executemany(f"INSERT INTO operation VALUES ({_PLACES})", rows)

    def write_meta(self, meta: Mapping[str, str]) -> None:
        """Set facts, inside a transaction of the caller's."""
        self.database.executemany(
            "INSERT INTO meta VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE "
            "SET value = excluded.value, checksum = excluded.checksum",
            [checked("meta", key, value) for key, value in meta.items()],
        )


def facts_of(encoder: EncoderIdentity) -> dict[str, str]:
    """The facts of an encoder's space, as a file says them."""
    return {"space": encoder.space, "former_spaces": " ".join(encoder.former_spaces)}


def place_of(path: Path | None) -> tuple[int, int] | None:
    """The device and the number of the file at a path; None where there is none.

    Args:
        path: Of a file; None = in RAM.
    """
    try:
        status = path.stat() if path is not None else None
    except OSError:
        return None
    return None if status is None else (status.st_dev, status.st_ino)


def home_of(path: Path | None) -> str:
    """Names where a file is, by whatever way it is reached: another place or another file there is another home.

    Args:
        path: Of a file; None = in RAM.

    Returns:
        Empty where there is no file.
    """
    place = place_of(path)
    return f"{path.resolve()}#{place[1]}" if path is not None and place is not None else ""


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
