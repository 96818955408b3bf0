# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A file that was not there before: whole, or not at all, and never in the place of another one."""

from __future__ import annotations

import contextlib
import glob
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from vfrt_ros.core.config.leftovers import remove_leftovers
from vfrt_ros.core.memory.database import sync_folder
from vfrt_ros.core.types.errors import MemoryStoreError, words_of


def write_new(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write a new file; it is on the disk when this returns.

    Args:
        path: Made with its folders.
        fill: Writes the content.

    Raises:
        MemoryStoreError: It exists, or cannot be written.
    """
    refuse_existing(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _unfinished(path) as unfinished:
            with unfinished.open("xb") as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
            _name(unfinished, path)
        sync_folder(path.parent)
    except FileExistsError as error:
        raise _exists(path) from error
    except (OSError, ValueError) as error:
        raise MemoryStoreError(f"Cannot write {path}: {words_of(error)}.") from error


def refuse_existing(path: Path) -> None:
    """Make sure that nothing is there, before what takes long is begun.

    Args:
        path: Of a file that is to be made.

    Raises:
        MemoryStoreError: Something is, or the path cannot be looked at.
    """
    try:
        if os.path.lexists(path):
            raise _exists(path)
    except ValueError as error:  # a null byte
        raise MemoryStoreError(f"Cannot write {path}: {words_of(error)}.") from error


def _exists(path: Path) -> MemoryStoreError:
    return MemoryStoreError(f"{path} exists and is not written over: choose another name.")


@contextlib.contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """A name beside it that nobody uses, and that is gone afterwards, as are those that killed processes left."""
    start = f".{path.name[:100]}."
    remove_leftovers(path.parent, f"{glob.escape(start)}{'[0-9a-f]' * 8}.new")
    unfinished = path.with_name(f"{start}{secrets.token_hex(4)}.new")
    try:
        yield unfinished
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _name(unfinished: Path, path: Path) -> None:
    """Give the file its name, unless somebody else took it meanwhile; some file systems have no links."""
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        raise
    except OSError:
        unfinished.rename(path)
