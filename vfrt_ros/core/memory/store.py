# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The record of truth: every change of the memory, in two SQLite files, durable when a call returns."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from vfrt_ros.core.memory.database import in_words
from vfrt_ros.core.memory.lock import Acknowledged
from vfrt_ros.core.memory.operation_row import Row, row_fault
from vfrt_ros.core.memory.recovery import Pair, copy_path, open_pair
from vfrt_ros.core.memory.replica import Replica, Write
from vfrt_ros.core.memory.schema import renamed
from vfrt_ros.core.memory.store_file import Head, StoreFile, facts_of, home_of
from vfrt_ros.core.memory.store_place import StorePlace
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import MemoryStoreError
from vfrt_ros.core.types.operation import OperationId

NEEDED = (3, 37, 0)
"""The first SQLite with strict tables."""
_log = logging.getLogger(__name__)


class Store:
    """The log of operations in a SQLite file and its copy (WAL, synchronous FULL).

    Used by one thread at a time; the caller holds the lock.

    Args:
        path: The file; None keeps all in RAM.
        encoder: The encoder; None opens whatever memory is there.
        robot: The id of a new memory; empty = a random one.

    Attributes:
        notices: Sentences on what was set aside or brought up to date when it was opened; also logged.
        recovered: After a write that worked where the one before did not: a sentence on that; else empty.

    Raises:
        MemoryStoreError: The file cannot be opened, is held by another process, is not a memory, is of a
            newer version, or belongs to another encoder.
    """

    def __init__(self, path: Path | None, encoder: EncoderIdentity | None, robot: str = "") -> None:
        self.path = path
        self.notices: list[str] = []
        self.recovered = ""
        self._failures = 0
        self._place: StorePlace | None = None
        self._acknowledged: Acknowledged | None = None
        if sqlite3.sqlite_version_info < NEEDED:
            needed = ".".join(str(number) for number in NEEDED)
            self._say(
                f"SQLite {sqlite3.sqlite_version} is here; the memory needs {needed} or newer: update it."
            )
        with in_words("open", path):
            pair = self._open(path, encoder, robot)
            self._file = pair.file
            self._replica = None if path is None else Replica(pair.copy, self._say)
            try:
                self._identity = pair.file.meta["identity"]
                self.encoder = pair.file.encoder
                self._settle(pair, encoder)
            except BaseException:
                self.close()
                raise

    @property
    def version(self) -> int:
        """Changes since the memory began."""
        with in_words("read", self.path):
            return self._file.version

    @property
    def size(self) -> int:
        """Bytes of the file and its log, history and free room included; 0 = in RAM only."""
        files = [] if self.path is None else [self.path, self.path.with_name(f"{self.path.name}-wal")]
        with in_words("read", self.path):
            return sum(file.stat().st_size for file in files if file.exists())

    @property
    def has_copy(self) -> bool:
        """Whether the second file holds all that the first one does."""
        return self._replica is not None and self._replica.has_all

    @property
    def failures(self) -> int:
        """Changes in a row that could not be written, the last one among them; 0 = the last one was."""
        return self._failures

    def operations(self) -> Iterator[Row]:
        """The rows of all operations, in the order of the log."""
        with in_words("read", self.path):
            yield from self._file.operations()

    def heads(self) -> list[Head]:
        """(clock, robot, number, kind) of all operations, in the order of the log."""
        with in_words("read", self.path):
            return self._file.heads()

    def operation(self, key: OperationId) -> Row | None:
        """The row of one operation; None = it is not there.

        Args:
            key: Of any operation.

        Raises:
            MemoryStoreError: It is not as it was written.
        """
        with in_words("read", self.path):
            row = self._file.operation(key)
        if row is not None and (fault := row_fault(row)):
            raise MemoryStoreError(
                f"The memory {self.path} is damaged ({fault}): restart, so that it is checked and mended."
            )
        return row

    def content_hash(self) -> str:
        """SHA-256 over every operation, pictures included, and the version: equal for equal contents."""
        with in_words("read", self.path):
            return self._file.content_hash()

    @property
    def meta(self) -> dict[str, str]:
        """Facts about the memory: encoder, version, identity, robot."""
        with in_words("read", self.path):
            return self._file.meta

    def append(self, rows: Sequence[Row], version: int, meta: Mapping[str, str] | None = None) -> None:
        """As `StoreFile.append`, durable in both files when this returns."""
        self._write(lambda file: file.append(rows, version, meta), version)

    def note(self, meta: Mapping[str, str]) -> None:
        """As `StoreFile.note`, in both files."""
        self._write(lambda file: file.note(meta))

    def prune(self, rows: Sequence[Row], version: int, meta: Mapping[str, str]) -> None:
        """As `StoreFile.replace`, durable in both files when this returns."""
        self._write(lambda file: file.replace(rows, version, meta), version)

    def compact(self) -> None:
        """As `StoreFile.compact`, in both files."""
        self._write(StoreFile.compact)

    def backup(self, path: Path) -> None:
        """Write a copy to a new file.

        Args:
            path: Of a file that is not there yet.

        Raises:
            MemoryStoreError: It exists, or cannot be written.
        """
        with in_words("copy", self.path):
            if path.exists():
                raise MemoryStoreError(f"{path} exists and is not written over: choose another name.")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file.copy_to(path)

    def close(self) -> None:
        """Close the files; the record is not used afterwards."""
        self._file.close()
        if self._replica is not None:
            self._replica.close()
        if self._place is not None:
            self._place.lock.release()
            self._place = None

    def abandon(self) -> None:
        """Close files that are not used after all; where they began with this store and hold nothing, remove them."""
        if self._place is not None and not self._file.version:
            self._place.clear()
        self.close()

    def _open(self, path: Path | None, encoder: EncoderIdentity | None, robot: str) -> Pair:
        if path is None:
            if encoder is None:
                raise MemoryStoreError("A memory in RAM needs the encoder that it belongs to.")
            file = StoreFile(None)
            file.begin(encoder, robot=robot)
            return Pair(file, None)
        if encoder is None and not path.exists() and not copy_path(path).exists():
            raise MemoryStoreError(f"There is no memory at {path}.")
        place = StorePlace(path)
        try:
            pair = open_pair(path, encoder, self._say, place.lock.acknowledged, robot)
        except BaseException:
            place.clear()
            place.lock.release()
            raise
        self._place = place
        self._acknowledged = place.lock.acknowledged
        # What was on its way when the last process ended and is here now counts from here on.
        place.lock.note(pair.file.meta["identity"], pair.file.version)
        return pair

    def _settle(self, pair: Pair, encoder: EncoderIdentity | None) -> None:
        """Bring the facts of the file up to date: whose it is and where it is."""
        meta, home = pair.file.meta, home_of(self.path)
        changed = {} if meta.get("home") == home else {"home": home}
        if "home" in meta and self.path is not None and self._is_copy(pair, meta, home):
            changed |= renamed(meta, pair.file.newest(meta["robot"]))
            self._say(
                f"The memory {self.path} is a copy, was moved or is older than it was: it goes on as robot "
                f"{changed['robot']}, so that its operations are told apart from those that were made before."
            )
        if encoder is not None:
            changed |= {key: value for key, value in facts_of(encoder).items() if meta.get(key, "") != value}
        if changed:
            self.note(changed)
            self.encoder = self._file.encoder

    def _is_copy(self, pair: Pair, meta: Mapping[str, str], home: str) -> bool:
        """Whether other operations may exist under the numbers that this file would use next."""
        known = self._acknowledged
        if known is not None and known.identity == meta["identity"] and known.version > pair.file.version:
            return True
        stranger = known is None or known.identity != meta["identity"]
        return not pair.rewritten and (meta["home"] != home or stranger)

    def become_another(self) -> str:
        """Go on as another robot, since this one's numbers are used elsewhere; returns its id."""
        with in_words("read", self.path):
            meta = self._file.meta
            changed = renamed(meta, self._file.newest(meta["robot"]))
        self.note(changed)
        return changed["robot"]

    def rename(self, robot: str, last: int, rows: Sequence[Row], version: int) -> None:
        """Go on as another robot, with rows in the place of old ones, durable in both files when this returns.

        Args:
            robot: The new id.
            last: The last number that stays under the old one; the operations above it go.
            rows: Those that come in their place.
            version: What the memory is at then.
        """
        meta = self.meta
        old, changed = meta["robot"], renamed(meta, last, robot)
        self._write(lambda file: file.rename(old, last, rows, version, changed), version)

    def _say(self, notice: str) -> None:
        self.notices.append(notice)
        _log.warning(notice)

    def _write(self, change: Write, version: int | None = None) -> None:
        """Change the file and its copy; the first decides whether it worked.

        Args:
            change: Makes one transaction.
            version: What the memory is at then, where that is another one: both are written at the same time.
        """
        try:
            with in_words("write", self.path):
                if self._place is not None:
                    self._file = self._place.put_back(self._file, self._say)
                self._change_both(change, together=version is not None)
        except MemoryStoreError:
            self._failures += 1
            raise
        plural = "" if self._failures == 1 else "s"
        self.recovered = (
            f"the memory can be written again, after {self._failures} change{plural} that could not"
            if self._failures
            else ""
        )
        if self._failures:
            _log.warning("%s: %s.", self.path, self.recovered)
        self._failures = 0
        if self._place is not None and version is not None:
            self._place.lock.note(self._identity, version)

    def _change_both(self, change: Write, *, together: bool) -> None:
        if self._replica is None:
            change(self._file)
            return
        if together:
            self._replica.begin(change)
        try:
            change(self._file)
        except BaseException:
            self._replica.refused()
            raise
        self._replica.accepted(change, self._file)
