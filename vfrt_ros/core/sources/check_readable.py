# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Refuse a file or folder that this user may not read, and say what to do."""

from __future__ import annotations

import os
from itertools import takewhile
from pathlib import Path

from vfrt_ros.core.types.errors import SourceError


def check_readable(place: Path) -> None:
    """Refuse what is there and may not be read; what is not there passes.

    Args:
        place: A file, a folder or a pattern; of a pattern, the folder in which it begins to have signs.

    Raises:
        SourceError: This user may not read it, or not look into a folder on the way to it.
    """
    part = Path(*takewhile(lambda name: not set(name) & set("*?["), place.parts))
    try:
        there = next(each for each in (place, part) if each.exists() or each is part)
        if not there.exists():
            return
        needed = os.R_OK | os.X_OK if there.is_dir() else os.R_OK
    except PermissionError as error:
        raise no_permission(error.filename or place) from error
    if not os.access(there, needed):
        raise no_permission(there)


def no_permission(place: str | Path) -> SourceError:
    """The error that says that a place may not be read, and names the folder on the way that may not be looked into.

    Args:
        place: The file or folder.
    """
    closed = (folder for folder in reversed(Path(place).parents) if not os.access(folder, os.X_OK))
    return SourceError(
        f"No permission to read {next(closed, place)}. Let this user read it (see `ls -ld`, then chmod or chown), or "
        "name another place."
    )
