# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Half-written files and folders whose process was killed before it could remove them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

LEFT_AFTER_SECONDS = 3600.0
"""Nobody goes on writing what has not changed for so long."""


def remove_leftovers(folder: Path, pattern: str, is_ours: Callable[[Path], bool] = Path.is_file) -> None:
    """Remove what matches and has not changed for an hour; what cannot be looked at or removed stays.

    Args:
        folder: Where it lies; it need not be there.
        pattern: Of the names that half-written ones have there; links are never followed, nor removed.
        is_ours: Whether one that matches is what we write there.
    """
    newest = time.time() - LEFT_AFTER_SECONDS
    with suppress(OSError):
        for path in list(folder.glob(pattern)):
            with suppress(OSError):
                if not path.is_symlink() and _last_change(path) < newest and is_ours(path):
                    rmtree(path) if path.is_dir() else path.unlink()


def _last_change(path: Path) -> float:
    """When anything in it was last written, in seconds of Unix time."""
    return max(each.lstat().st_mtime for each in (path, *path.rglob("*")))
