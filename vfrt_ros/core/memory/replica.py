# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The second file of a memory, which takes each change at the same time as the first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from vfrt_ros.core.memory.inspect_file import Say
from vfrt_ros.core.memory.recovery import try_copy
from vfrt_ros.core.memory.store_file import StoreFile
from vfrt_ros.core.types.errors import words_of

LAG_MAX = 100
"""Changes kept for a copy that cannot be written; with more, it is made anew."""

Write = Callable[[StoreFile], None]


class Replica:
    """Takes the changes that the first file takes; where it cannot, that stops nothing and it catches up later.

    The disk takes both files' bytes in one go, so that a change costs little more than with one file. Where
    the first file refuses a change that this one took, this one is one change ahead: the next start sees by
    the lock's note that it was never acknowledged, and the next change makes it anew.

    Threads: one thread calls. A thread of its own writes between `begin` and `accepted` or `refused`, and
    nobody else uses the copy meanwhile.

    Args:
        copy: The second file; None = it could not be made.
        say: Told once of a fault that lasts.
    """

    def __init__(self, copy: StoreFile | None, say: Say) -> None:
        self._copy = copy
        self._say = say
        self._is_failing = copy is None
        self._is_ahead = False
        self._lag: list[Write] = []
        self._writing: Future | None = None
        self._thread = ThreadPoolExecutor(1, "memory-copy")

    @property
    def has_all(self) -> bool:
        """Whether it holds all that the first one does, and nothing else."""
        return self._copy is not None and not self._lag and not self._is_ahead

    def begin(self, change: Write) -> None:
        """Start a change that the caller makes in the first file now, if this one is up to date.

        Args:
            change: Makes one transaction.
        """
        if self._copy is not None and self.has_all and self._copy.in_place:
            self._writing = self._thread.submit(change, self._copy)

    def refused(self) -> None:
        """The first file did not take the change that was begun."""
        writing, self._writing = self._writing, None
        self._is_ahead |= writing is not None and writing.exception() is None

    def accepted(self, change: Write, first: StoreFile) -> None:
        """The first file took the change, whether it was begun here or not: follow. It raises nothing.

        Args:
            change: That the first file took.
            first: The first file.
        """
        writing, self._writing = self._writing, None
        error = writing.exception() if writing is not None else None
        if writing is not None and error is None:
            self._is_failing = False
            return
        self._lag.append(change)
        if error is not None:
            self._fails(error)
        else:
            self._catch_up(first)

    def close(self) -> None:
        """Close the file; the replica is not used afterwards."""
        self._thread.shutdown()
        copy, self._copy = self._copy, None
        if copy is not None:
            copy.close()

    def _catch_up(self, first: StoreFile) -> None:
        try:
            if self._copy is None or self._is_ahead or len(self._lag) > LAG_MAX or not self._copy.in_place:
                self._renew(first)
                return
            while self._lag:
                self._lag[0](self._copy)
                del self._lag[0]
            self._is_failing = False
        except Exception as error:
            # The first file holds the change: whatever happens here, it was made.
            self._fails(error)

    def _fails(self, error: BaseException) -> None:
        if not self._is_failing:
            self._is_failing = True
            self._say(
                f"The copy of the memory cannot be written ({words_of(error)}); it is tried again with each change."
            )

    def _renew(self, first: StoreFile) -> None:
        copy, self._copy = self._copy, None
        if copy is not None:
            copy.close()
        # One word on it is enough: it is tried with every change.
        self._copy = try_copy(first, (lambda notice: None) if self._is_failing else self._say)
        self._is_failing = self._copy is None
        if self._copy is not None:
            self._is_ahead = False
            self._lag.clear()
