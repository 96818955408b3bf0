# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A path as a person wrote it, in a parameter or on the command line."""

from __future__ import annotations

from pathlib import Path

from vfrt_ros.core.types.errors import MemoryStoreError, words_of


def own_path(text: str, name: str) -> Path:
    """The absolute path, `~` and `~user` replaced.

    Args:
        text: As it was written.
        name: What it was written for, to be named in an error.

    Raises:
        MemoryStoreError: It names a user that there is not, no file can have it, or a folder or device has it.

    >>> own_path("/tmp/memory.db", "memory_path")
    PosixPath('/tmp/memory.db')
    """
    try:
        path = Path(text).expanduser().absolute()
        taken = path.exists() and not path.is_file()
    except PermissionError:
        return path
    except (RuntimeError, ValueError, OSError) as error:
        raise MemoryStoreError(
            f"{name} must be a path that a file can have; got '{text:.60}' ({words_of(error)})."
        ) from error
    if taken:
        what = "folder" if path.is_dir() else "device or pipe"
        raise MemoryStoreError(f"{name} must be the path of a file; {path} is a {what}.")
    return path
