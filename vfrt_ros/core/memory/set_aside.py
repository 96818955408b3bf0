# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Set a damaged file aside: it is renamed, never removed or written over."""

from __future__ import annotations

import time
from pathlib import Path

from vfrt_ros.core.memory.database import COMPANIONS, sync_folder


def set_aside(path: Path) -> Path:
    """Rename a file and what SQLite put beside it; returns the new name.

    Args:
        path: Of a file that nobody has open.
    """
    base = f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    aside, number = path.with_name(base), 2
    while is_taken(aside):
        aside, number = path.with_name(f"{base}-{number}"), number + 1
    # The file itself goes last: a log without its file harms nothing, a file beside another's log would.
    for end in (*COMPANIONS, ""):
        old = path.with_name(path.name + end)
        if old.exists():
            old.rename(aside.with_name(aside.name + end))
    sync_folder(path.parent)
    return aside


def is_taken(path: Path) -> bool:
    """Whether anything is left at a path, be it a log without its file.

    Args:
        path: Of a file, which need not be there.
    """
    return path.exists() or has_companions(path)


def has_companions(path: Path) -> bool:
    """Whether something of SQLite's lies beside a path.

    Args:
        path: Of a file, which need not be there.
    """
    return any(path.with_name(path.name + end).exists() for end in COMPANIONS)
