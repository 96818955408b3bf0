# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The place of a memory's two files: its folder, made where it is missing, and the lock that keeps others out."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path

from vfrt_ros.core.memory.database import COMPANIONS
from vfrt_ros.core.memory.inspect_file import Say, inspect
from vfrt_ros.core.memory.lock import Lock
from vfrt_ros.core.memory.recovery import copy_path
from vfrt_ros.core.memory.store_file import StoreFile, home_of
from vfrt_ros.core.types.errors import MemoryStoreError

_log = logging.getLogger(__name__)


class StorePlace:
    """A place that this process alone uses, and leaves as it was where nothing came of it.

    Args:
        path: The first file.

    Attributes:
        lock: Held until it is released.

    Raises:
        MemoryInUseError: Another process holds it.
        OSError: The folder or the lock's file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._began = not any(file.exists() for file in self._files)
        self._made = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.lock = Lock(path)
        except BaseException:
            self._remove_folders()
            raise

    def clear(self) -> None:
        """Remove what began here, while the lock keeps others out; nothing where files were here before."""
        if self._began:
            with contextlib.suppress(OSError):
                for file in (*self._files, self._path.with_name(self._path.name + ".lock")):
                    file.unlink(missing_ok=True)
            self._remove_folders()

    def put_back(self, file: StoreFile, say: Say) -> StoreFile:
        """Where the first file was moved or removed under our hands, write it anew from what is open.

        Args:
            file: The open one.
            say: Is told what was done, in sentences.

        Returns:
            The file to go on with.

        Raises:
            MemoryStoreError: Its folder has vanished, or another file has taken its place.
        """
        if file.in_place:
            return file
        path = self._path
        if not path.parent.is_dir():
            raise MemoryStoreError(
                f"Cannot write the memory {path}: its folder has vanished; bring it back. Recognition goes on."
            )
        self.lock.renew()
        if path.exists():
            self._refuse_another(file, say)
            file.close()
            return StoreFile(path)
        rescued = path.with_name(path.name + ".rescued")
        file.copy_to(rescued)
        # Closing removes the log by its name, so it comes before the new file has one.
        file.close()
        rescued.rename(path)
        fresh = StoreFile(path)
        # Without it the next start takes the file for a copy, which loses nothing.
        with contextlib.suppress(sqlite3.Error):
            fresh.note({"home": home_of(path)})
        _log.warning("The memory %s had vanished and was written anew.", path)
        return fresh

    @property
    def _files(self) -> list[Path]:
        """The two files of a memory and what SQLite puts beside them."""
        both = (self._path, copy_path(self._path))
        return [file.with_name(file.name + end) for file in both for end in ("", *COMPANIONS)]

    def _refuse_another(self, file: StoreFile, say: Say) -> None:
        """The file that is there again must hold the same as the open one."""
        report = inspect(self._path, file.journal, say)
        same = report.file is not None and report.file.digest == file.digest
        report.close()
        if not same:
            raise MemoryStoreError(
                f"Cannot write the memory {self._path}: another file has taken its place; move that one away, or "
                "restart."
            )

    def _remove_folders(self) -> None:
        with contextlib.suppress(OSError):
            for folder in self._made:
                folder.rmdir()
