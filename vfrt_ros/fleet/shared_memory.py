# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The memory as the exchange sees it: read at any time, changed between two frames."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from vfrt_ros.core.config.live_settings import LiveSettings
from vfrt_ros.core.memory.limits import check_file
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.operation_entry import pack_entry
from vfrt_ros.core.memory.payload import Teach
from vfrt_ros.core.memory.payload_bytes import decode
from vfrt_ros.core.types.errors import VfrtError
from vfrt_ros.core.types.operation import Kind, OperationId
from vfrt_ros.fleet.message import Position

Result = TypeVar("Result")
Turn = Callable[[Callable[[], Any]], Future]
"""Does something between two frames; a future of what it returns."""


class NoTurnError(VfrtError):
    """The worker was stopped before it came to this."""


class SharedMemory:
    """A memory, and its owner's turns for changes.

    Args:
        memory: The memory.
        turn: Does a change in the owner's time.
        live: The owner's settings, for the limit `max_memory_mb`.

    Attributes:
        looked_at: The stream in which this process has looked for what it has lost.
    """

    def __init__(self, memory: Memory, turn: Turn, live: LiveSettings) -> None:
        self._memory = memory
        self._turn = turn
        self._live = live
        self.encoder = memory.encoder
        self.looked_at = ""

    def read(self, work: Callable[[Memory], Result]) -> Result:
        """Have `work` read the memory, and return what it makes of it; short, for frames wait meanwhile."""
        with self._memory.lock:
            return work(self._memory)

    def newest(self) -> tuple[str, int]:
        """This memory's robot id and its newest number; needs no lock, so that nobody waits who only looks."""
        memory = self._memory
        return memory.robot, memory.log.newest(memory.robot)

    async def change(self, work: Callable[[Memory], Result]) -> Result:
        """As `read`, in a turn between two frames.

        Raises:
            NoTurnError: There are no more turns.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Result] = loop.create_future()
        job = self._turn(lambda: self.read(work))

        def tell(job: Future) -> None:
            with contextlib.suppress(RuntimeError):  # the exchange has ended meanwhile
                loop.call_soon_threadsafe(_pass_on, job, done)

        job.add_done_callback(tell)
        return await done

    def check_room(self, memory: Memory) -> None:
        """Refuse to grow a file that is as large as `max_memory_mb` allows.

        Raises:
            RequestError: It is.
        """
        check_file(memory.size, most=self._live.now.max_memory_mb)

    def entry_at(self, robot: str, number: int, place: int) -> tuple[Position, bytes] | None:
        """The first operation to publish at or behind a position of a robot; None = there is none.

        Args:
            robot: Whose.
            number, place: See `Position`.

        Raises:
            MemoryStoreError: The log cannot be read.
        """
        return self.read(lambda memory: _entry_at(memory, robot, number, place))


def _entry_at(memory: Memory, robot: str, number: int, place: int) -> tuple[Position, bytes] | None:
    newest = memory.log.newest(robot)
    while number <= newest:
        row = memory.log.row(OperationId(robot, number))
        found = row if place == 0 else None
        if row is not None and place > 0:
            brought = _brought(memory, row)
            while found is None and place <= len(brought):
                found = memory.log.row(brought[place - 1])
                place += found is None
        if found is not None:
            return Position(number, place, found[6].hex()[:16]), pack_entry(found)
        number, place = number + 1, 0
    return None


def _brought(memory: Memory, row: tuple) -> tuple[OperationId, ...]:
    """The operations that came in with this one, from a file."""
    kind = Kind(row[3])
    payload = decode(kind, row[5], memory.encoder.dim, trusted=True) if kind is Kind.TEACH else None
    return payload.adopted if isinstance(payload, Teach) else ()


def _pass_on(job: Future, done: asyncio.Future) -> None:
    if done.done():
        return
    if job.cancelled():
        done.set_exception(NoTurnError("The node was taken down before it came to this."))
    elif (error := job.exception()) is not None:
        done.set_exception(error)
    else:
        done.set_result(job.result())
