# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The log of a memory, operation by operation: what files and other robots exchange."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import RLock

from vfrt_ros.core.memory import reissue as reissuing
from vfrt_ros.core.memory.clock import to_seconds
from vfrt_ros.core.memory.folded_log import FoldedLog
from vfrt_ros.core.memory.locked import locked
from vfrt_ros.core.memory.operation_row import Row, is_pruned, operation_of
from vfrt_ros.core.memory.payload import Teach
from vfrt_ros.core.memory.payload_bytes import decode
from vfrt_ros.core.memory.robot_names import names_of
from vfrt_ros.core.memory.wording import describe
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import OperationError, OperationFault
from vfrt_ros.core.types.example import Step
from vfrt_ros.core.types.operation import Kind, Operation, OperationId


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An operation for people: who did what when, and whether it counts; `time` is seconds since the epoch."""

    id: OperationId
    time: float
    kind: Kind
    what: str
    in_force: bool


class OperationLog:
    """All operations of a memory, its own and those of other robots.

    Threads: as `Memory`, whose lock it holds.

    Args:
        folded: The log and the state that it gives.
        lock: The memory's.
    """

    def __init__(self, folded: FoldedLog, lock: RLock) -> None:
        self._folded = folded
        self.lock = lock

    @locked
    def adopt(
        self,
        operations: Sequence[Operation],
        meta: Mapping[str, str] | None = None,
        *,
        origin: str = "",
        pruned: Collection[OperationId] = (),
    ) -> Step:
        """Take in operations of other robots, all or none; those that are known change nothing.

        Args:
            operations: In any order.
            meta: Facts that become true with them, in the same transaction.
            origin: The file that they come from; then one undo takes them back together. Empty = from a fleet.
            pruned: Those of a file that have lost what nothing can bring back; what they carry has no checksum.

        Raises:
            OperationError: One is broken, not what its robot made before, or from far in the future; nothing changed.
            MemoryStoreError: They could not be written; nothing changed.
        """
        log = self._folded
        fresh = {each.id: each for each in operations if self.is_fresh(each, pruned=each.id in pruned)}
        if not fresh and not meta:
            return log.with_news(Step(None, "nothing new"))
        batch = [(each, decode(each.kind, each.payload, log.encoder.dim)) for each in fresh.values()]
        if any(key.robot == log.robot for key in fresh):
            log.become_another()
        for operation in fresh.values():
            log.clock.saw(operation.clock)
        if origin and fresh:
            batch.append(log.next(Kind.TEACH, Teach((), adopted=tuple(fresh), origin=origin)))
        taken = counted(len(operations), "operation")
        what = f"{origin}: {taken}" if origin else f"took over {taken}"
        return log.with_news(log.commit(batch, what, meta, pruned))

    def is_fresh(self, operation: Operation, *, pruned: bool = False) -> bool:
        """Whether `adopt` would take an operation in; False = it is known.

        Args:
            operation: Of any robot.
            pruned: It has lost what nothing can bring back, so its checksum is not looked at.

        Raises:
            OperationError: It is broken, not what its robot made before, or from far in the future.
        """
        key, robot, clock = operation.id, operation.robot, self._folded.clock
        if not pruned and not operation.is_whole:
            raise OperationError(f"{key} is not as robot {robot} made it: its checksum differs.")
        if key in self._folded.fold:
            known = self._folded.store.operation(key)
            if known is not None and known[6] != operation.checksum:
                raise OperationError(
                    f"{key} is another operation than the one that is known: two robots use the id {robot}.",
                    OperationFault.OTHER_NUMBER,
                )
            return False
        if clock.is_far_ahead(operation.clock):
            raise OperationError(
                f"{key} is from {clock.ahead(operation.clock) / 3600:.0f} hours in the future: the clock of robot "
                f"{robot} or of this machine is wrong; set it.",
                OperationFault.FUTURE,
            )
        return True

    def is_far_ahead(self, reading: int) -> bool:
        """Whether a clock reading lies farther in the future than an operation may come from.

        Args:
            reading: Of a hybrid clock.
        """
        return self._folded.clock.is_far_ahead(reading)

    def came_with_a_file(self, key: OperationId) -> bool:
        """Whether somebody imported the operation from a file, be it here already or not.

        Args:
            key: Of any operation.
        """
        return key in self._folded.origins

    @locked
    def reissue(self, after: int) -> Step:
        """Go on as another robot and give this one's operations above a number new ids; see `reissue.py`.

        Args:
            after: The last number of this robot that others know.

        Raises:
            MemoryStoreError: It could not be written; nothing changed.
        """
        return reissuing.reissue(self._folded, after)

    @locked
    def note(self, meta: Mapping[str, str]) -> None:
        """Write facts beside the log, which does not count as a change of the memory.

        Args:
            meta: By name.

        Raises:
            MemoryStoreError: They could not be written.
        """
        self._folded.store.note(meta)

    def robot_names(self) -> dict[str, str]:
        """The names of robots by their ids, where they are known."""
        return names_of(self._folded.store.meta)

    def known(self) -> frozenset[OperationId]:
        """The ids of all operations."""
        return frozenset(self._folded.fold.in_order())

    def newest(self, robot: str) -> int:
        """The newest number of a robot's operations; 0 = there are none.

        Args:
            robot: Id of a memory.
        """
        return self._folded.fold.newest(robot)

    def robots(self) -> dict[str, int]:
        """The newest number of each robot whose operations are here."""
        return self._folded.fold.robots()

    def operation(self, key: OperationId) -> Operation | None:
        """An operation of the log; None = it is not there, or has lost what it carried.

        Args:
            key: Of any operation.
        """
        row = self.row(key)
        return None if row is None or is_pruned(row) else operation_of(row)

    def row(self, key: OperationId) -> Row | None:
        """An operation as a row of the log; None = it is not there.

        Args:
            key: Of any operation.

        Raises:
            MemoryStoreError: It is not as it was written.
        """
        return self._folded.store.operation(key)

    def rows(self) -> list[Row]:
        """All operations as rows of the log, in its order: to share them."""
        return list(self._folded.store.operations())

    def meta(self) -> dict[str, str]:
        """Facts that are written beside the log."""
        return self._folded.store.meta

    def entries(self) -> list[LogEntry]:
        """Who did what when, in the order of the log."""
        return [self._entry(row) for row in self._folded.store.operations()]

    def history(self) -> list[tuple[str, bool]]:
        """The changes in words, oldest first, and whether each was undone; without the undoing itself."""
        return [(entry.what, not entry.in_force) for entry in self.entries() if not entry.kind.switches]

    def _entry(self, row: Row) -> LogEntry:
        operation, payload = self._folded.read(row)
        what, in_force = describe(payload, operation.kind), self._folded.fold.entry(operation.id).in_force
        return LogEntry(operation.id, to_seconds(operation.clock), operation.kind, what, in_force)
