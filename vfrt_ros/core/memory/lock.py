"""One process at a time: a lock that ends with the process that holds it, however it ends."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path

from vfrt_ros.core.errors import MemoryInUseError

PATIENCE = 0.5
"""Seconds to wait for a lock."""
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}


def _wait_for(descriptor: int) -> None:
    """Take the lock, with a moment for a process that is just ending."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


class Lock:
    """An exclusive `flock` on `<memory>.lock`, which also tells the number of the process that holds it.

    Args:
        path: The memory's file.

    Raises:
        MemoryInUseError: Another process holds it.
        OSError: The lock's file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        self._memory = path
        self._descriptor = self._take()

    def renew(self) -> None:
        """Take it again where its file has vanished with its folder."""
        try:
            held = os.fstat(self._descriptor).st_ino == self._path.stat().st_ino
        except OSError:
            held = False
        if not held:
            fresh = self._take()
            os.close(self._descriptor)
            self._descriptor = fresh

    def release(self) -> None:
        """Let others have it."""
        os.close(self._descriptor)

    def _take(self) -> int:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _wait_for(descriptor)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise MemoryInUseError(
                f"Cannot open the memory {self._memory}: another process uses it "
                f"(number {holder or 'unknown'}): stop that one, or set memory_path to another file."
            ) from None
        except OSError as error:
            # Some network file systems know no locks; SQLite's own still keeps others out.
            if error.errno not in _NO_LOCKS:
                os.close(descriptor)
                raise
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        return descriptor
