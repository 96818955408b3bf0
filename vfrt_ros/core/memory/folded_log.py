# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A log on disk and the state that it gives in RAM, which follows each operation that is written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vfrt_ros.core.memory.clock import HybridClock, to_seconds
from vfrt_ros.core.memory.example_index import ExampleIndex
from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.memory.fold import Fold, StateDifference
from vfrt_ros.core.memory.folded_state import FoldedState
from vfrt_ros.core.memory.followers import Followers
from vfrt_ros.core.memory.free_pages import give_back_free_pages
from vfrt_ros.core.memory.operation_row import Row, is_pruned, operation_of, row_of
from vfrt_ros.core.memory.payload import Payload, Teach
from vfrt_ros.core.memory.payload_bytes import decode, encode
from vfrt_ros.core.memory.schema import former_robots
from vfrt_ros.core.memory.store import Store
from vfrt_ros.core.memory.wording import describe
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import MemoryStoreError, OperationError, OperationFault
from vfrt_ros.core.types.example import Step
from vfrt_ros.core.types.job import begin_commit
from vfrt_ros.core.types.operation import NO_END, ExampleId, Kind, Operation, OperationId

_log = logging.getLogger(__name__)

Batch = Sequence[tuple[Operation, Payload]]


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An operation for people: who did what when, and whether it counts; `time` is seconds since the epoch."""

    id: OperationId
    time: float
    kind: Kind
    what: str
    in_force: bool


class FoldedLog:
    """Operations in a `Store`, folded into a table of examples and the prompts.

    All that can refuse a change comes first: the operations are folded, who follows is asked, and what cannot be
    written is taken out of the fold again. **After the write nothing raises**: a fault in what follows is logged,
    counted and cured by reading anew what was written. A job that was given up on writes nothing
    (`vfrt_ros.core.types.job`).

    Not thread-safe: its owner holds one lock around it.

    Args:
        path: The file; None keeps all in RAM.
        encoder: Whose embeddings it holds; None opens whichever memory is there.
        index, nprobe: See `ExampleIndex`.
        seconds: The physical clock, seconds since the epoch.
        robot: The id of a new memory; empty = a random one.

    Attributes:
        store: Where the operations are.
        fold: Which of them are in force.
        state: The examples and prompts that they give.
        version: Changes since the memory began.
        robot: The random id under which this memory's operations go.
        own_robots: That id and those that it had before it was copied, each with the last number that is its own: who
            it was copied from may have gone on under the old one.
        origins: The file that operations of other robots came in with.
        undo_after: The clock up to which undo reaches nothing any more.
        followers: Who is asked before a change and told after it; counts the faults that were survived.
    """

    def __init__(
        self,
        path: Path | None,
        encoder: EncoderIdentity | None,
        *,
        index: str,
        nprobe: int,
        seconds: Callable[[], float],
        robot: str = "",
    ) -> None:
        if encoder is not None:
            # Refused before anything is made.
            ExampleIndex(ExampleTable(encoder.dim), index, nprobe)
        self.followers = Followers()
        self.store = Store(path, encoder, robot)
        try:
            self.encoder = self.store.encoder
            self._seconds = seconds
            self.state = FoldedState(self.encoder.dim, index, nprobe, self.followers)
            self._read_meta()
            self._load()
        except BaseException:
            self.store.abandon()
            raise
        self._clock = HybridClock(seconds, self.fold.newest_clock)

    def do(self, kind: Kind, payload: Payload) -> Step:
        """Write an operation of this memory and follow it.

        Args:
            kind: What it does.
            payload: What it carries.

        Raises:
            MemoryStoreError: It could not be written; nothing changed.
        """
        return self._commit([self._next(kind, payload)], describe(payload))

    def adopt(
        self,
        operations: Sequence[Operation],
        meta: Mapping[str, str],
        *,
        pruned: Collection[OperationId],
        origin: str,
        what: str,
    ) -> Step:
        """Write operations of other robots and follow them; see `OperationLog.adopt`.

        Args:
            operations, meta, pruned, origin: As for `OperationLog.adopt`.
            what: The step in words.
        """
        fresh = {operation.id: operation for operation in operations if self.is_fresh(operation, pruned)}
        if not fresh and not meta:
            return Step(None, "nothing new")
        batch = [(each, decode(each.kind, each.payload, self.encoder.dim)) for each in fresh.values()]
        if any(key.robot == self.robot for key in fresh):
            self._become_another()
        for operation in fresh.values():
            self._clock.saw(operation.clock)
        if origin and fresh:
            batch.append(self._next(Kind.TEACH, Teach((), adopted=tuple(fresh), origin=origin)))
        return self._commit(batch, what, meta, pruned)

    def is_far_ahead(self, reading: int) -> bool:
        """See `HybridClock.is_far_ahead`."""
        return self._clock.is_far_ahead(reading)

    def rename(self, robot: str, last: int, rows: Sequence[Row]) -> None:
        """Go on as another robot, with rows of it in the place of those of this one above a number; see `reissue.py`.

        Args:
            robot: The new id.
            last: The last number that stays under the old one.
            rows: Operations of the new robot.

        Raises:
            MemoryStoreError: It could not be written; nothing changed.
        """
        former = self.robot
        begin_commit()
        self.store.rename(robot, last, rows, self.version + 1)
        self._read_meta()
        self._load_again()
        _log.warning(
            "operations of robot %s were made elsewhere; this memory goes on as %s", former, self.robot
        )

    def set_initial(self, labels: Iterable[str]) -> None:
        """Give labels the templates in this run, as long as nobody has said anything else about their prompts.

        Args:
            labels: Valid ones.
        """
        self.state.initial = set(labels)
        change = self.state.prompt_change(self.fold, self.state.initial)
        self.state.set_prompts(change)
        self.version += bool(change.after)

    def taught(self, key: OperationId) -> tuple[Operation, Teach]:
        """A teaching, read from the log.

        Args:
            key: Of a teaching.

        Raises:
            MemoryStoreError: It is not there, or not as it was written.
        """
        row = self.store.operation(key)
        operation, payload = self._read(row) if row is not None else (None, None)
        if operation is None or not isinstance(payload, Teach):
            raise MemoryStoreError(f"The memory {self.store.path} has no teaching {key}.")
        return operation, payload

    def describe(self, key: OperationId) -> str:
        """An operation in words.

        Args:
            key: Of any operation; one that is not there gives no words.
        """
        row = self.store.operation(key)
        return describe(self._read(row)[1]) if row is not None else ""

    def entries(self) -> Iterator[LogEntry]:
        """All operations for people, in the order of the log."""
        for row in self.store.operations():
            operation, payload = self._read(row)
            seconds, in_force = to_seconds(operation.clock), self.fold.is_in_force(operation.id)
            yield LogEntry(operation.id, seconds, operation.kind, describe(payload, operation.kind), in_force)

    def operation(self, key: OperationId) -> Operation | None:
        """An operation; None = it is not there, or has lost what it carried.

        Args:
            key: Of any operation.
        """
        row = self.store.operation(key)
        return None if row is None or is_pruned(row) else operation_of(row)

    def with_news(self, step: Step) -> Step:
        """The step, with a word where writing works again."""
        news = self.store.recovered
        return replace(step, what=f"{step.what} ({news})") if news else step

    def _read_meta(self) -> None:
        meta = self.store.meta
        self.robot = meta["robot"]
        self.own_robots = {self.robot: NO_END, **former_robots(meta)}
        self.undo_after = int(meta.get("undo_after", 0))

    def _load(self) -> None:
        """Fold the whole log, one operation after another, so that only one of them is in memory at a time."""
        self.fold = Fold()
        self.state.clear()
        self.version = self.store.version
        touched: set[str] = set()
        back: set[ExampleId] = set()
        self.origins: dict[OperationId, str] = {}
        for row in self.store.operations():
            operation, payload = self._read(row)
            self._note_origin(payload)
            difference = self.fold.add(operation, payload)
            touched |= difference.touched
            for name, (_, label) in difference.examples.items():
                if name in self.state.table:
                    self.state.move(name, label)
                elif label is not None and isinstance(payload, Teach) and name.operation == operation.id:
                    self.state.put(name, label, operation, payload.examples[name.place])
                elif label is not None:
                    back.add(name)
        for name in sorted(back):
            label = self.fold.label(name)
            if label is not None and name not in self.state.table:
                operation, teach = self.taught(name.operation)
                self.state.put(name, label, operation, teach.examples[name.place])
        self.state.set_prompts(self.state.prompt_change(self.fold, {*touched, *self.state.initial}))
        give_back_free_pages()

    def _read(self, row: Row) -> tuple[Operation, Payload]:
        operation = operation_of(row)
        try:
            return operation, decode(operation.kind, operation.payload, self.encoder.dim, trusted=True)
        except OperationError as error:
            raise MemoryStoreError(
                f"The memory {self.store.path} cannot be read: {operation.id} is {error}."
            ) from error

    def _next(self, kind: Kind, payload: Payload) -> tuple[Operation, Payload]:
        number = self.fold.newest(self.robot) + 1
        return Operation.make(self.robot, number, self._clock.tick(), kind, encode(payload)), payload

    def _commit(
        self,
        batch: Batch,
        what: str,
        meta: Mapping[str, str] | None = None,
        pruned: Collection[OperationId] = (),
    ) -> Step:
        """Write operations, then follow them. What can refuse comes before the write."""
        taught = self._load_missing(batch)
        rows = [row_of(operation, pruned=operation.id in pruned) for operation, _ in batch]
        difference = self._fold_in(batch)
        try:
            key = batch[-1][0].id if batch else None
            step = self.state.step(self.fold, difference, taught, key, what)
            self.followers.check(step)
            begin_commit()
            self.store.append(rows, self.version + 1, meta)
        except BaseException:
            self.fold.take_out(operation.id for operation, _ in reversed(batch))
            raise
        for _, payload in batch:
            self._note_origin(payload)
        try:
            self.version += 1
            self.state.follow(step, self.fold.clock)
        except Exception:
            self.followers.survived("the memory in RAM")
            self._load_again()
        self.followers.tell(step)
        return step

    def _load_missing(self, batch: Batch) -> dict[OperationId, tuple[Operation, Teach]]:
        """What may have to be put into the table: the new teachings, and old ones whose examples may come back."""
        taught = {
            operation.id: (operation, payload) for operation, payload in batch if isinstance(payload, Teach)
        }
        for _, payload in batch:
            for name in self.fold.concerns(payload):
                key = name.operation
                if name not in self.state.table and key not in taught and key in self.fold:
                    taught[key] = self.taught(key)
        return taught

    def _note_origin(self, payload: Payload) -> None:
        if isinstance(payload, Teach):
            self.origins |= dict.fromkeys(payload.adopted, payload.origin)

    def _fold_in(self, batch: Batch) -> StateDifference:
        """Fold operations, and say what all of them together changed."""
        total = StateDifference()
        for operation, payload in batch:
            difference = self.fold.add(operation, payload)
            total.touched.update(difference.touched)
            for name, (before, after) in difference.examples.items():
                first = total.examples[name][0] if name in total.examples else before
                total.examples[name] = (first, after)
        return total

    def _load_again(self) -> None:
        try:
            self._load()
        except Exception:
            self.followers.survived("reading the memory anew")

    def is_fresh(self, operation: Operation, pruned: Collection[OperationId] = ()) -> bool:
        """Whether an operation is new here.

        Args:
            operation: Of another robot, or of a file.
            pruned: Those that have lost what nothing can bring back; what they carry has no checksum.

        Raises:
            OperationError: It is not whole, not the one that is known under its id, or from far in the future.
        """
        robot = operation.robot
        if operation.id not in pruned and not operation.is_whole:
            raise OperationError(f"{operation.id} is not as robot {robot} made it: its checksum differs.")
        if operation.id in self.fold:
            known = self.store.operation(operation.id)
            if known is not None and known[6] != operation.checksum:
                raise OperationError(
                    f"{operation.id} is another operation than the one that is known: two robots use the id {robot}.",
                    OperationFault.OTHER_NUMBER,
                )
            return False
        if self._clock.is_far_ahead(operation.clock):
            ahead = to_seconds(operation.clock) - self._seconds()
            raise OperationError(
                f"{operation.id} is from {ahead / 3600:.0f} hours in the future: the clock of robot {robot} or of this "
                "machine is wrong; set it.",
                OperationFault.FUTURE,
            )
        return True

    def _become_another(self) -> None:
        """Our own numbers are known elsewhere: this memory is a copy, and goes on as another robot."""
        old = self.robot
        self.store.become_another()
        self._read_meta()
        _log.warning("operations of robot %s were made elsewhere; this memory goes on as %s", old, self.robot)
