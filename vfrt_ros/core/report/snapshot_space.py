# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Keeps the folder of snapshots within its size: the oldest go first."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

FILES = frozenset({"frame.png", "overlay.png", "recognition.json"})


def make_room(folder: Path, keep: Path, limit: float) -> list[Path]:
    """Remove the oldest snapshots until the folder holds at most `limit` bytes of them.

    Only folders that hold nothing but a snapshot's files are counted and removed: what else somebody keeps
    there is not touched, and links are not followed.

    Args:
        folder: The folder of snapshots.
        keep: The newest one, which stays in any case.
        limit: Bytes.

    Returns:
        What was removed, oldest first.

    Raises:
        OSError: The folder cannot be read, or a snapshot cannot be removed.
    """
    found = sorted(_snapshots(folder), key=lambda path: (path.stat().st_mtime_ns, path.name))
    sizes = {path: sum(file.stat().st_size for file in path.iterdir()) for path in found}
    total, removed = sum(sizes.values()), []
    for path in found:
        if total <= limit:
            break
        if path != keep:
            shutil.rmtree(path)
            total -= sizes[path]
            removed.append(path)
    return removed


def _snapshots(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_symlink() or not path.is_dir():
            continue
        names = {file.name for file in path.iterdir()}
        if names and names <= FILES:
            yield path
