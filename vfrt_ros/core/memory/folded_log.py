# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A log on disk and the state that it gives in RAM, which follows each operation that is written."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from vfrt_ros.core.memory.clock import HybridClock
from vfrt_ros.core.memory.example_index import ExampleIndex
from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.memory.fold import Fold, StateDifference
from vfrt_ros.core.memory.folded_state import FoldedState
from vfrt_ros.core.memory.followers import Followers
from vfrt_ros.core.memory.operation_row import Row, operation_of, row_of
from vfrt_ros.core.memory.payload import Payload, Teach
from vfrt_ros.core.memory.payload_bytes import decode, encode
from vfrt_ros.core.memory.schema import former_robots
from vfrt_ros.core.memory.store import Store
from vfrt_ros.core.memory.wording import describe
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import MemoryStoreError, OperationError
from vfrt_ros.core.types.example import Step
from vfrt_ros.core.types.job import begin_commit
from vfrt_ros.core.types.operation import NO_END, ExampleId, Kind, Operation, OperationId

_log = logging.getLogger(__name__)

Batch = Sequence[tuple[Operation, Payload]]


class FoldedLog:
    """Operations in a `Store`, folded into a table of examples and the prompts.

    All that can refuse a change comes first: the operations are folded, who follows is asked, and what cannot be
    written is taken out of the fold again. **After the write nothing raises**: a fault in what follows is logged,
    counted and cured by reading anew what was written. A job that was given up on writes nothing
    (`vfrt_ros.core.types.job`).

    Not thread-safe: its owner holds one lock around it.

    Args:
        path, encoder, index, nprobe, robot: As for `Memory`.
        seconds: The physical clock, seconds since the epoch.

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
        clock: Of this memory's operations.
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
            self.state = FoldedState(self.encoder.dim, index, nprobe, self.followers)
            self._read_meta()
            self._load()
        except BaseException:
            self.store.abandon()
            raise
        self.clock = HybridClock(seconds, self.fold.newest_clock)

    def do(self, kind: Kind, payload: Payload) -> Step:
        """Write an operation of this memory and follow it.

        Args:
            kind: What it does.
            payload: What it carries.

        Raises:
            MemoryStoreError: It could not be written; nothing changed.
        """
        return self.commit([self.next(kind, payload)], describe(payload))

    def next(self, kind: Kind, payload: Payload) -> tuple[Operation, Payload]:
        """The next operation of this memory, which is not written yet; arguments as for `do`."""
        number = self.fold.newest(self.robot) + 1
        return Operation.make(self.robot, number, self.clock.tick(), kind, encode(payload)), payload

    def commit(
        self,
        batch: Batch,
        what: str,
        meta: Mapping[str, str] | None = None,
        pruned: Collection[OperationId] = (),
    ) -> Step:
        """Write operations, then follow them. What can refuse comes before the write.

        Args:
            batch: Operations that are not here yet, with what they carry.
            what: The step in words.
            meta: Facts that become true with them, in the same transaction.
            pruned: Those that have lost what nothing can bring back.

        Raises:
            MemoryStoreError: They could not be written; nothing changed.
        """
        taught = self._load_missing(batch)
        rows = [row_of(operation, pruned=operation.id in pruned) for operation, _ in batch]
        difference = StateDifference()
        for operation, payload in batch:
            difference.join(self.fold.add(operation, payload))
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

    def read(self, row: Row) -> tuple[Operation, Payload]:
        """An operation and what it carries.

        Args:
            row: Of this log.

        Raises:
            MemoryStoreError: It is not as it was written.
        """
        operation = operation_of(row)
        try:
            return operation, decode(operation.kind, operation.payload, self.encoder.dim, trusted=True)
        except OperationError as error:
            raise MemoryStoreError(
                f"The memory {self.store.path} cannot be read: {operation.id} is {error}."
            ) from error

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

    def become_another(self) -> None:
        """Our own numbers are known elsewhere: this memory is a copy, and goes on as another robot."""
        old = self.robot
        self.store.become_another()
        self._read_meta()
        _log.warning("operations of robot %s were made elsewhere; this memory goes on as %s", old, self.robot)

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
        operation, payload = self.read(row) if row is not None else (None, None)
        if operation is None or not isinstance(payload, Teach):
            raise MemoryStoreError(f"The memory {self.store.path} has no teaching {key}.")
        return operation, payload

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
            operation, payload = self.read(row)
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

    def _load_missing(self, batch: Batch) -> dict[OperationId, tuple[Operation, Teach]]:
        """Teachings whose examples the table may need: the new ones, and old ones whose examples may come back."""
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

    def _load_again(self) -> None:
        try:
            self._load()
        except Exception:
            self.followers.survived("reading the memory anew")


def give_back_free_pages() -> None:
    """Have glibc's allocator return its free pages; elsewhere nothing happens.

    Reading a log leaves small objects, which stay, among payloads, which go: of 100,000 examples the holes took as much
    room as the embeddings themselves (444 MB instead of 238). It takes some milliseconds.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library
        return
    trim(ctypes.c_size_t(0))
