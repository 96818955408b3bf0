# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One process at a time: a lock that ends with the process that holds it, however it ends.

Its file also says what was last acknowledged. That is not a record but a witness: it tells a change that was on
its way when the process was killed from one that damage took away.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path

from vfrt_ros.core.types.errors import MemoryInUseError

PATIENCE = 0.5
"""Seconds to wait for a lock."""
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}
_LONGEST = 120
"""Bytes of its file at most."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The last acknowledged change of the memory with this identity."""

    identity: str
    version: int


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

    Attributes:
        acknowledged: What was acknowledged last, by this process or the one before; None = nobody knows.
    """

    def __init__(self, path: Path) -> None:
        self.acknowledged: Acknowledged | None = None
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

    def note(self, identity: str, version: int) -> None:
        """Say what is acknowledged now; where that cannot be written, it goes without.

        Args:
            identity: Of the memory.
            version: Its last change that was acknowledged.
        """
        self.acknowledged = Acknowledged(identity, version)
        with contextlib.suppress(OSError):
            self._write(self._descriptor)

    def release(self) -> None:
        """Let others have it."""
        os.close(self._descriptor)

    def _take(self) -> int:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _wait_for(descriptor)
        except BlockingIOError:
            holder = " ".join(_words(descriptor)[:1])
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
        self.acknowledged = self.acknowledged or _noted(_words(descriptor))
        self._write(descriptor)
        return descriptor

    def _write(self, descriptor: int) -> None:
        words = [
            str(os.getpid()),
            *((self.acknowledged.identity, str(self.acknowledged.version)) if self.acknowledged else ()),
        ]
        os.pwrite(descriptor, " ".join(words).ljust(_LONGEST).encode(), 0)


def _words(descriptor: int) -> list[str]:
    return os.pread(descriptor, _LONGEST, 0).decode("ascii", "replace").split()


def _noted(words: list[str]) -> Acknowledged | None:
    return Acknowledged(words[1], int(words[2])) if len(words) == 3 and words[2].isdecimal() else None
