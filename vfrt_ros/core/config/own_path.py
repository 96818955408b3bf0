"""A path as a person wrote it, in a parameter or on the command line."""

from __future__ import annotations

from pathlib import Path

from vfrt_ros.core.types.errors import MemoryStoreError


def own_path(text: str, name: str) -> Path:
    """The absolute path, `~` and `~user` replaced.

    Args:
        text: As it was written.
        name: What it was written for, to be named in an error.

    Raises:
        MemoryStoreError: It names a user that there is not, or no file can have it.

    >>> own_path("/tmp/memory.db", "memory_path")
    PosixPath('/tmp/memory.db')
    """
    try:
        path = Path(text).expanduser().absolute()
        path.exists()
    except PermissionError:
        return path
    except (RuntimeError, ValueError, OSError) as error:
        raise MemoryStoreError(
            f"{name} must be a path that a file can have; got '{text:.60}' ({error})."
        ) from error
    return path
