"""The record of truth: every change of the memory, in two SQLite files, durable when a call returns."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from vfrt_ros.core.memory.book import HISTORY_DEPTH, Book, Loaded
from vfrt_ros.core.memory.database import COMPANIONS, in_words
from vfrt_ros.core.memory.lock import Lock
from vfrt_ros.core.memory.look import look
from vfrt_ros.core.memory.recovery import Pair, copy_path, open_pair
from vfrt_ros.core.memory.rows import settled_rows
from vfrt_ros.core.memory.schema import SCHEMA_VERSION
from vfrt_ros.core.memory.twin import Twin, Write
from vfrt_ros.core.types.encoder_identity import Owner
from vfrt_ros.core.types.errors import MemoryStoreError
from vfrt_ros.core.types.example import Step

__all__ = ["HISTORY_DEPTH", "SCHEMA_VERSION", "Loaded", "Owner", "Record"]

_log = logging.getLogger(__name__)


class Record:
    """Examples, prompts and history in a SQLite file and its copy (WAL, synchronous FULL).

    Used by one thread at a time; the caller holds the lock.

    Args:
        path: The file; None keeps all in RAM.
        owner: The encoder; None opens whatever memory is there.

    Attributes:
        notices: Sentences on what was set aside or brought up to date when it was opened; also logged.
        recovered: After a write that worked where the one before did not: a sentence on that; else empty.

    Raises:
        MemoryStoreError: The file cannot be opened, is held by another process, is no memory, is of a
            newer version, or belongs to another encoder.
    """

    def __init__(self, path: Path | None, owner: Owner | None) -> None:
        self.path = path
        self.notices: list[str] = []
        self.recovered = ""
        self._failures = 0
        self._lock: Lock | None = None
        self._began = False
        self._made: list[Path] = []
        with in_words("open", path):
            pair = self._open(path, owner)
            self._book = pair.book
            self._twin = None if path is None else Twin(pair.copy, self._say)
            try:
                self._identity = pair.book.meta["identity"]
                self.owner = pair.book.owner
            except BaseException:
                self.close()
                raise

    @property
    def version(self) -> int:
        """Changes since the memory began."""
        with in_words("read", self.path):
            return self._book.version

    @property
    def size(self) -> int:
        """Bytes of the file and its log, history and free room included; 0 = in RAM only."""
        files = [] if self.path is None else [self.path, self.path.with_name(f"{self.path.name}-wal")]
        with in_words("read", self.path):
            return sum(file.stat().st_size for file in files if file.exists())

    @property
    def has_copy(self) -> bool:
        """Whether the second file holds all that the first one does."""
        return self._twin is not None and self._twin.has_all

    @property
    def failures(self) -> int:
        """Changes in a row that could not be written, the last one among them; 0 = the last one was."""
        return self._failures

    def load(self) -> Loaded:
        """Everything present, and the version that was last committed."""
        with in_words("read", self.path):
            return self._book.load()

    def next_ids(self, count: int) -> range:
        """Ids that no example ever had."""
        with in_words("read", self.path):
            return self._book.next_ids(count)

    def undoable(self) -> Step | None:
        """The step that undo would take back."""
        with in_words("read", self.path):
            return self._book.undoable()

    def redoable(self) -> Step | None:
        """The step that redo would do again."""
        with in_words("read", self.path):
            return self._book.redoable()

    def history(self) -> list[tuple[str, bool]]:
        """What was done, oldest first, and whether it was undone."""
        with in_words("read", self.path):
            return self._book.history()

    def content_hash(self) -> str:
        """SHA-256 over every row, history and pictures included: equal for equal contents."""
        with in_words("read", self.path):
            return self._book.content_hash()

    def commit(self, step: Step, version: int) -> None:
        """Write a new step; steps that were undone are gone from now on."""
        rows = settled_rows(step.examples)
        self._write(lambda book: book.commit(step, rows, version), version)

    def revert(self, step: Step, version: int) -> None:
        """Write that `step`, from `undoable`, is taken back."""
        rows = settled_rows(step.examples.inverse())
        self._write(lambda book: book.revert(step, rows, version), version)

    def reapply(self, step: Step, version: int) -> None:
        """Write that `step`, from `redoable`, is done again."""
        rows = settled_rows(step.examples)
        self._write(lambda book: book.reapply(step, rows, version), version)

    def drop_history(self) -> None:
        """Forget every step, and the examples that only undo could bring back."""
        self._write(Book.drop_history)

    def compact(self) -> None:
        """Give the room of what was removed back to the disk."""
        self._write(Book.compact)

    def backup(self, path: Path) -> None:
        """Write a copy to a new file.

        Raises:
            MemoryStoreError: It exists, or cannot be written.
        """
        with in_words("copy", self.path):
            if path.exists():
                raise MemoryStoreError(f"{path} exists and is not written over: choose another name.")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._book.copy_to(path)

    def close(self) -> None:
        """Close the files; the record is not used afterwards."""
        self._book.close()
        if self._twin is not None:
            self._twin.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def abandon(self) -> None:
        """Close files that are not used after all; where they began with this record and hold nothing, remove them."""
        if not self._book.version:
            self._remove_what_began(locked=True)
        self.close()

    def _open(self, path: Path | None, owner: Owner | None) -> Pair:
        if path is None:
            if owner is None:
                raise MemoryStoreError("A memory in RAM needs the encoder that it belongs to.")
            book = Book(None)
            book.begin(owner)
            return Pair(book, None)
        if owner is None and not path.exists() and not copy_path(path).exists():
            raise MemoryStoreError(f"There is no memory at {path}.")
        self._began = not any(place.exists() for place in _places(path))
        self._made = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
        lock: Lock | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = Lock(path)
            pair = open_pair(path, owner, self._say, lock.noted)
        except BaseException:
            self._remove_what_began(locked=lock is not None)
            if lock is not None:
                lock.release()
            raise
        self._lock = lock
        # What was on its way when the last process ended and is here now counts from here on.
        lock.note(pair.book.meta["identity"], pair.book.version)
        return pair

    def _remove_what_began(self, *, locked: bool) -> None:
        """Leave the folder as it was before this record began there, while its lock keeps others out."""
        if self.path is None or not self._began:
            return
        with contextlib.suppress(OSError):
            if locked:
                for place in _places(self.path):
                    place.unlink(missing_ok=True)
                self.path.with_name(self.path.name + ".lock").unlink(missing_ok=True)
            for folder in self._made:
                folder.rmdir()

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
                self._put_in_place()
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
        if self._lock is not None and version is not None:
            self._lock.note(self._identity, version)

    def _change_both(self, change: Write, *, together: bool) -> None:
        if self._twin is None:
            change(self._book)
            return
        if together:
            self._twin.begin(change)
        try:
            change(self._book)
        except BaseException:
            self._twin.refused()
            raise
        self._twin.accepted(change, self._book)

    def _put_in_place(self) -> None:
        """Where the file was moved or removed under our hands, write it anew from what is open.

        Raises:
            MemoryStoreError: Its folder has vanished, or another file has taken its place.
        """
        if self.path is None or self._lock is None or self._book.in_place:
            return
        if not self.path.parent.is_dir():
            raise MemoryStoreError(
                f"Cannot write the memory {self.path}: its folder has vanished; bring it back. Recognition goes on."
            )
        self._lock.renew()
        if self.path.exists():
            self._take_back(self.path)
            return
        rescued = self.path.with_name(self.path.name + ".rescued")
        self._book.copy_to(rescued)
        # Closing removes the log by its name, so it comes before the new file has one.
        self._book.close()
        rescued.rename(self.path)
        self._book = Book(self.path)
        _log.warning("The memory %s had vanished and was written anew.", self.path)

    def _take_back(self, path: Path) -> None:
        """A file is there again, but not the one that is open: it must hold the same."""
        found = look(path, self._book.journal, self._say)
        same = found.book is not None and found.book.digest == self._book.digest
        found.close()
        if not same:
            raise MemoryStoreError(
                f"Cannot write the memory {path}: another file has taken its place; move that one away, or restart."
            )
        self._book.close()
        self._book = Book(path)


def _places(path: Path) -> list[Path]:
    """The two files of a memory and what SQLite puts beside them."""
    return [
        place.with_name(place.name + end) for place in (path, copy_path(path)) for end in ("", *COMPANIONS)
    ]
