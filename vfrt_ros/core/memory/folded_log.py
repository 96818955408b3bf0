# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A log on disk and the state that it gives in RAM, which follows each operation that is written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.memory.clock import HybridClock, to_seconds
from vfrt_ros.core.memory.example_index import ExampleIndex
from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.memory.fold import Fold, StateDifference
from vfrt_ros.core.memory.followers import Followers
from vfrt_ros.core.memory.operation_row import Row, is_pruned, operation_of, row_of
from vfrt_ros.core.memory.payload import Payload, TaughtExample, Teach, decode, encode
from vfrt_ros.core.memory.schema import NO_END, former_robots
from vfrt_ros.core.memory.store import Store
from vfrt_ros.core.memory.wording import describe
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import MemoryStoreError, OperationError, OperationFault
from vfrt_ros.core.types.example import Change, Example, PromptChange, Prompts, Step
from vfrt_ros.core.types.job import begin_commit
from vfrt_ros.core.types.operation import ExampleId, Kind, Operation, OperationId

Array = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
_log = logging.getLogger(__name__)

Batch = Sequence[tuple[Operation, Payload]]
Taught = Mapping[OperationId, tuple[Operation, Teach]]


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
        table: The examples that they give.
        index: What searches the table.
        prompts: By label; an empty tuple stands for the templates.
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
            self._initial: set[str] = set()
            self._seconds = seconds
            self.table = ExampleTable(self.encoder.dim)
            self.index = ExampleIndex(self.table, index, nprobe)
            self._index_is_stale = False
            self._read_meta()
            self._load()
        except BaseException:
            self.store.abandon()
            raise
        self._clock = HybridClock(seconds, self.fold.newest_clock)

    def search(self, embedding: Array, k: int) -> tuple[Rows, Array]:
        """Rows of the table and cosines of the nearest positive examples, best first, at most `k`.

        Where the index failed, every example is looked at, until the next change begins it anew.
        """
        if not self._index_is_stale:
            try:
                return self.index.search(embedding, k)
            except Exception:
                self._index_is_stale = True
                self.followers.survived("the search of the memory's index")
        rows = self.table.all_rows(negative=False)
        cosines = self.table.gather(rows) @ embedding
        best = np.argsort(-cosines, kind="stable")[:k]
        return rows[best], cosines[best]

    def prompts_after(self, step: Step) -> dict[str, Prompts]:
        """The prompts that there will be after a step."""
        after = self.prompts | dict(step.prompts.after)
        return {label: texts for label, texts in sorted(after.items()) if texts is not None}

    def do(self, kind: Kind, payload: Payload) -> Step:
        """Write an operation of this memory and follow it.

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
        """Write operations of other robots and follow them; see `Memory.adopt`."""
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
        """Give labels the templates in this run, as long as nobody has said anything else about their prompts."""
        self._initial = set(labels)
        change = self._prompt_change(self._initial)
        self._set_prompts(change)
        self.version += bool(change.after)

    def example(self, row: int) -> Example:
        """The example in a row of the table, without picture, quality and source."""
        table = self.table
        embedding = table.embedding(row).copy()
        return Example(table.key(row), table.label(row), embedding, table.is_negative(row), table.batch(row))

    def taught(self, key: OperationId) -> tuple[Operation, Teach]:
        """A teaching, read from the log.

        Raises:
            MemoryStoreError: It is not there, or not as it was written.
        """
        row = self.store.operation(key)
        operation, payload = self._read(row) if row is not None else (None, None)
        if operation is None or not isinstance(payload, Teach):
            raise MemoryStoreError(f"The memory {self.store.path} has no teaching {key}.")
        return operation, payload

    def describe(self, key: OperationId) -> str:
        """An operation in words."""
        row = self.store.operation(key)
        return describe(self._read(row)[1]) if row is not None else ""

    def entries(self) -> Iterator[LogEntry]:
        """All operations for people, in the order of the log."""
        for row in self.store.operations():
            operation, payload = self._read(row)
            seconds, in_force = to_seconds(operation.clock), self.fold.is_in_force(operation.id)
            yield LogEntry(operation.id, seconds, operation.kind, describe(payload, operation.kind), in_force)

    def operation(self, key: OperationId) -> Operation | None:
        """An operation; None = it is not there, or has lost what it carried."""
        row = self.store.operation(key)
        return None if row is None or is_pruned(row) else operation_of(row)

    def _read_meta(self) -> None:
        meta = self.store.meta
        self.robot = meta["robot"]
        self.own_robots = {self.robot: NO_END, **former_robots(meta)}
        self.undo_after = int(meta.get("undo_after", 0))

    def _load(self) -> None:
        """Fold the whole log, one operation after another, so that only one of them is in memory at a time."""
        self.fold = Fold()
        # Rules read this very table.
        self.table.clear()
        self.index, self._index_is_stale = self.index.blank(), False
        self.prompts: dict[str, Prompts] = {}
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
                if name in self.table:
                    self._move(name, label)
                elif label is not None and isinstance(payload, Teach) and name.operation == operation.id:
                    self._put(name, label, operation, payload.examples[name.place])
                elif label is not None:
                    back.add(name)
        for name in sorted(back):
            label = self.fold.label(name)
            if label is not None and name not in self.table:
                operation, teach = self.taught(name.operation)
                self._put(name, label, operation, teach.examples[name.place])
        self._set_prompts(self._prompt_change({*touched, *self._initial}))

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
            step = self._step(difference, taught, batch[-1][0].id if batch else None, what)
            self.followers.check(step)
            begin_commit()
            self.store.append(rows, self.version + 1, meta)
        except BaseException:
            self.fold.take_out(operation.id for operation, _ in reversed(batch))
            raise
        for _, payload in batch:
            self._note_origin(payload)
        try:
            self._follow(step)
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
                if name not in self.table and key not in taught and key in self.fold:
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

    def _step(self, difference: StateDifference, taught: Taught, key: OperationId | None, what: str) -> Step:
        """What the folded operations do to table and prompts, which are not touched yet."""
        removed: list[Example] = []
        added: list[Example] = []
        for name, (_, label) in sorted(difference.examples.items()):
            if name in self.table:
                before = self.example(self.table.row(name))
                removed.append(before)
                if label is not None:
                    added.append(replace(before, label=label))
            elif label is not None and name.operation in taught:
                example = taught[name.operation][1].examples[name.place]
                # What was dropped for good does not come back.
                if len(example.embedding):
                    added.append(Example(name, label, example.embedding, example.negative, example.batch))
        prompts = self._prompt_change(difference.touched)
        return Step(key, what, Change(tuple(added), tuple(removed)), prompts)

    def _follow(self, step: Step) -> None:
        """Bring version, table, index and prompts up to date."""
        self.version += 1
        stay = {example.id for example in step.examples.added}
        gone = [self.table.row(e.id) for e in step.examples.removed if e.id not in stay and not e.negative]
        fresh = [e.id for e in step.examples.added if e.id not in self.table and not e.negative]
        self._change_index(lambda: self.index.forget(gone))
        self.table.follow(step.examples, self.fold.clock)
        self._change_index(lambda: self.index.learn([self.table.row(key) for key in fresh]))
        self._set_prompts(step.prompts)

    def _change_index(self, change: Callable[[], None]) -> None:
        """Change the index; where it fails, or had failed, it begins anew with the next search."""
        if not self._index_is_stale:
            try:
                change()
                return
            except Exception:
                self.followers.survived("the memory's index")
        self.index, self._index_is_stale = self.index.blank(), False

    def _load_again(self) -> None:
        try:
            self._load()
        except Exception:
            self.followers.survived("reading the memory anew")

    def _move(self, key: ExampleId, label: str | None) -> None:
        """Relabel an example of the table, or take it out."""
        if label is not None:
            self.table.relabel(key, label)
        else:
            self.index.forget([self.table.row(key)])
            self.table.remove(key)

    def _put(self, key: ExampleId, label: str, operation: Operation, taught: TaughtExample) -> None:
        """Put an example into the table, unless what it carried was dropped."""
        if len(taught.embedding):
            self.table.add(
                key,
                label,
                taught.embedding,
                clock=operation.clock,
                negative=taught.negative,
                batch=taught.batch,
            )

    def _prompt_change(self, labels: Iterable[str]) -> PromptChange:
        """How the prompts of labels become what the fold says; initial ones where nobody has said anything."""
        before, after = {}, {}
        for label in sorted(labels):
            old, new = self.prompts.get(label), self.fold.prompts(label)
            if new is None and label in self._initial and not self.fold.has_setter(label):
                new = ()
            if old != new:
                before[label], after[label] = old, new
        return PromptChange(before, after)

    def _set_prompts(self, change: PromptChange) -> None:
        after = self.prompts | dict(change.after)
        self.prompts = {label: texts for label, texts in sorted(after.items()) if texts is not None}

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
