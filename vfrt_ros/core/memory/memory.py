# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The memory of what a robot was taught: the log of operations is the truth, everything else is folded from it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.memory import compact as compacting
from vfrt_ros.core.memory.accept import LAST_SECOND, check_parts, checked_prompts, checked_quality
from vfrt_ros.core.memory.check import embedding_fault
from vfrt_ros.core.memory.example_index import ExampleIndex
from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.memory.folded_log import FoldedLog
from vfrt_ros.core.memory.followers import Follower
from vfrt_ros.core.memory.locked import locked
from vfrt_ros.core.memory.operation_log import OperationLog
from vfrt_ros.core.memory.payload import (
    Forget,
    LabelPrompts,
    Payload,
    Relabel,
    SetPrompts,
    Switch,
    TaughtExample,
    Teach,
)
from vfrt_ros.core.memory.robot_names import robots_called
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import (
    NothingToRedoError,
    NothingToUndoError,
    RequestError,
    UnknownLabelError,
    nearest,
)
from vfrt_ros.core.types.example import Example, Prompts, Step
from vfrt_ros.core.types.label import check_label, stored_label
from vfrt_ros.core.types.operation import NO_END, ExampleId, Kind, OperationId

Array = npt.NDArray[np.float32]
HISTORY_DEPTH = 100
"""Changes of this robot that undo can take back after `compact`; before it, all of them."""

PART = 1_000
"""Examples that are handed on at a time where all are."""


@dataclass(frozen=True, slots=True)
class NewExample:
    """An example before the memory gives it an id; `embedding` is (d,) float32, unit norm."""

    embedding: Array
    quality: Mapping[str, float]
    thumbnail: bytes = b""
    source: str = ""


class Memory:
    """A log of operations, and the examples and prompts that it gives.

    All that can refuse a change comes first, then it is written to the log; only when that is durable do table,
    index and followers follow. So a refusal and a failed write change nothing, and **after the write nothing
    raises**; see `FoldedLog`.

    Threads: what changes it, or reads more than one value of it, holds `lock`; a caller who does several things that
    belong together holds it around them.

    Args:
        encoder: Whose embeddings it holds; None opens whichever memory is there.
        path: Its file; None keeps it in RAM only.
        index: FAISS factory string of the index that `search` builds.
        nprobe: Cells that an IVF index looks into.
        clock: Seconds since the epoch.
        robot: The id under which a new memory goes, which no other may have; empty = a random one.

    Attributes:
        lock: A reentrant one, which covers what follows the memory too: the rule and the views of a recogniser.
        log: The operations, to be exchanged with files and other robots.
        notices: Sentences on what was set aside, mended or brought up to date at the start; also logged.

    Raises:
        MemoryStoreError: The file cannot be used; see `Store`.
        SettingError: FAISS does not know the factory string.
    """

    def __init__(
        self,
        encoder: EncoderIdentity | None,
        path: Path | None = None,
        *,
        index: str = "Flat",
        nprobe: int = 16,
        clock: Callable[[], float] = time.time,
        robot: str = "",
    ) -> None:
        self.lock = threading.RLock()
        self._seconds = clock
        self._folded = FoldedLog(path, encoder, index=index, nprobe=nprobe, seconds=clock, robot=robot)
        self.log = OperationLog(self._folded, self.lock)
        self.notices = tuple(self._folded.store.notices)

    def __len__(self) -> int:
        return len(self._folded.state.table)

    @property
    def encoder(self) -> EncoderIdentity:
        """The encoder whose embeddings it holds."""
        return self._folded.encoder

    @property
    def table(self) -> ExampleTable:
        """The examples."""
        return self._folded.state.table

    @property
    def index(self) -> ExampleIndex:
        """The index that `search` asks; built by the first search."""
        return self._folded.state.index

    @property
    def prompts(self) -> dict[str, Prompts]:
        """Prompts by label; an empty tuple stands for the templates."""
        return self._folded.state.prompts

    @property
    def version(self) -> int:
        """Changes since the memory began."""
        return self._folded.version

    @property
    def robot(self) -> str:
        """The random id under which this memory's operations go."""
        return self._folded.robot

    @property
    def own_robots(self) -> dict[str, int]:
        """That id, and those of this memory before it was copied, each with the last number that is its own."""
        return self._folded.own_robots

    @property
    def path(self) -> Path | None:
        """The file; None = in RAM only."""
        return self._folded.store.path

    @property
    def has_copy(self) -> bool:
        """Whether the second file holds all that the first one does."""
        return self._folded.store.has_copy

    @property
    def failures(self) -> int:
        """Changes in a row that could not be written; 0 = the last one was."""
        return self._folded.store.failures

    @property
    def faults(self) -> int:
        """Faults that were survived after a change was made: of the index, or of somebody who follows."""
        return self._folded.followers.faults

    @property
    def size(self) -> int:
        """Bytes of the file with what SQLite keeps beside it; 0 = in RAM only."""
        return self._folded.store.size

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that has an example or a prompt, sorted."""
        return tuple(sorted({*self.table.labels, *self.prompts}))

    def state_hash(self) -> str:
        """64 hexadecimal digits: equal on robots where the same changes are in force; see `Fold.state_hash`."""
        return self._folded.fold.state_hash

    def count(self, label: str) -> int:
        """Examples that show the label."""
        return self.table.count(label)

    def negatives(self, label: str) -> int:
        """Examples marked as not the label."""
        return self.table.negatives(label)

    def centroid(self, label: str) -> Array | None:
        """(d,) float32 unit-norm mean of the label's examples; None where it has none.

        Args:
            label: Any text.
        """
        return self.table.centroid(label)

    def examples(self, label: str | None = None) -> list[Example]:
        """The examples, negatives included, of one label or of all, in the order of the log.

        They come without picture, quality, source and time: `with_details` adds those.

        Args:
            label: As it is stored; None = all.
        """
        if label is None:
            rows = self.table.all_rows()
        else:
            rows = self.table.in_order([*self.table.rows(label), *self.table.rows(label, negative=True)])
        return [self._folded.state.example(int(row)) for row in rows]

    @locked
    def list_examples(self, label: str = "") -> tuple[list[Example], int]:
        """The examples as `examples` gives them, and the memory's version at that moment.

        Args:
            label: As somebody typed it; empty = of all labels.

        Raises:
            RequestError: The label is not valid.
            UnknownLabelError: There is no such label.
        """
        wanted = stored_label(label, self.labels) if label else None
        if wanted is not None and wanted not in self.labels:
            raise UnknownLabelError(f"Unknown label '{wanted}'.{nearest(wanted, self.labels)}")
        return self.examples(wanted), self.version

    def in_parts(self) -> Iterator[tuple[Example, ...]]:
        """All examples as `examples` gives them, some at a time, so that there is no second copy of all of them."""
        rows = self.table.all_rows()
        for first in range(0, len(rows), PART):
            yield tuple(self._folded.state.example(int(row)) for row in rows[first : first + PART])

    def example(self, key: ExampleId) -> Example:
        """The example with this id, as `examples` gives it.

        Args:
            key: Of the example.

        Raises:
            KeyError: No such example.
        """
        return self._folded.state.example(self.table.row(key))

    @locked
    def with_details(self, examples: Iterable[Example]) -> list[Example]:
        """The examples with picture, quality, source and time, read from the log.

        Args:
            examples: Of this memory, also such as are not in force any more.

        Raises:
            MemoryStoreError: The log cannot be read.
        """
        teachings: dict[OperationId, Teach] = {}
        detailed = []
        for example in examples:
            key = example.id.operation
            if key not in teachings:
                teachings = {key: self._folded.taught(key)[1]}
            taught, origin = teachings[key].examples[example.id.place], teachings[key].origin
            detailed.append(
                replace(
                    example,
                    created=taught.created,
                    quality=taught.quality,
                    thumbnail=taught.thumbnail,
                    source=taught.source or origin or self._folded.origins.get(key, ""),
                )
            )
        return detailed

    @locked
    def taught_examples(self) -> list[TaughtExample]:
        """All examples with what was stored of them, under the labels that they have now: to carry them elsewhere.

        Raises:
            MemoryStoreError: The log cannot be read.
        """
        batches: dict[tuple[OperationId, int], int] = {}
        return [
            TaughtExample(
                example.label,
                example.embedding,
                example.negative,
                example.created,
                example.quality,
                example.thumbnail,
                example.source,
                batches.setdefault((example.id.operation, example.batch), len(batches) + 1),
            )
            for example in self.with_details(self.examples())
        ]

    def search(self, embedding: Array, k: int) -> tuple[list[ExampleId], Array]:
        """Ids and cosines (n,) float32 of the nearest positive examples, best first, n <= k.

        Args:
            embedding: (d,) float32, unit norm.
            k: Examples to find.
        """
        rows, cosines = self.search_rows(embedding, k)
        return [self.table.key(int(row)) for row in rows], cosines

    def search_rows(self, embedding: Array, k: int) -> tuple[npt.NDArray[np.int64], Array]:
        """As `search`, with rows of the table; where the index failed, every example is looked at.

        Args:
            embedding, k: As for `search`.
        """
        return self._folded.state.search(embedding, k)

    def listen(
        self,
        listener: Callable[[Step], None],
        *,
        check: Callable[[Step], None] | None = None,
        rebuild: Callable[[], None] | None = None,
    ) -> None:
        """Call `listener` after every change, with the step that was made.

        Args:
            listener: Is told, not asked: what it raises is logged and counted, and the change stands.
            check: Is asked before every change, with the step to be made; what it raises refuses the change.
            rebuild: Called where `listener` failed, to follow the memory as it is then.
        """
        self._folded.followers.add(Follower(listener, check, rebuild))

    def prompts_after(self, step: Step) -> dict[str, Prompts]:
        """The prompts that there will be after a step, those of initial labels among them.

        Args:
            step: To be made, or just made.
        """
        return self._folded.state.prompts_after(step.prompts)

    @locked
    def register(self, label: str, examples: Sequence[NewExample], *, negative: bool = False) -> Step:
        """Add examples of a label as one operation.

        Args:
            label: Is brought to its normal form.
            examples: At least one, of this memory's encoder.
            negative: They do *not* show the label.

        Raises:
            RequestError: The label is not valid, or an example could not be given to another memory: its
                embedding is not of this memory's length, not finite or not of unit norm, its picture not a small
                JPEG, a measure not a number.
            MemoryStoreError: They could not be written; nothing changed.
        """
        label = check_label(label)
        if not examples:
            raise RequestError("Expected at least one example; got none.")
        self._check(example.embedding for example in examples)
        for example in examples:
            check_parts(example.quality, example.thumbnail, example.source)
        now = min(max(self._seconds(), 0.0), float(LAST_SECOND))
        taught = tuple(
            TaughtExample(
                label, e.embedding, negative, now, checked_quality(e.quality), e.thumbnail, e.source
            )
            for e in examples
        )
        return self._do(Kind.TEACH, Teach(taught))

    @locked
    def merge(self, examples: Sequence[TaughtExample], prompts: LabelPrompts, origin: str) -> Step:
        """Add examples and prompts that come from a file as one operation.

        Args:
            examples: At most all of one file's.
            prompts: By label.
            origin: The file, in words; undo names it.

        Raises:
            RequestError: An embedding is not one of this memory's encoder.
            MemoryStoreError: It could not be written; nothing changed.
        """
        self._check(example.embedding for example in examples)
        return self._do(Kind.TEACH, Teach(tuple(examples), prompts, origin=origin))

    @locked
    def forget(self, label: str) -> Step:
        """Remove a label's examples, negatives and prompts.

        Args:
            label: As somebody typed it.

        Raises:
            UnknownLabelError: There is no such label.
            MemoryStoreError: It could not be written; nothing changed.
        """
        label = self._known(label)
        names = tuple(example.id for example in self.examples(label))
        return self._do(Kind.FORGET, Forget(names, (label,), {label: None}, whole=True))

    @locked
    def forget_examples(self, ids: Collection[ExampleId]) -> Step:
        """Remove single examples; the prompts of their labels stay.

        Args:
            ids: Of the examples; one that stands twice counts once.

        Raises:
            RequestError: There is no id, or one that no example has.
            MemoryStoreError: It could not be written; nothing changed.
        """
        if not ids:
            raise RequestError("Expected at least one example; got none.")
        missing = sorted(str(key) for key in set(ids) if key not in self.table)
        if missing:
            more = f" and {len(missing) - 1} others" if len(missing) > 1 else ""
            raise RequestError(f"There is no example {missing[0]}{more}: list the examples again.")
        names = tuple(sorted(set(ids)))
        labels = sorted({self.table.label(self.table.row(key)) for key in names})
        return self._do(Kind.FORGET, Forget(names, tuple(labels)))

    @locked
    def relabel(self, label: str, new_label: str) -> Step:
        """Give a label another name, or merge it into one that exists.

        Args:
            label: As somebody typed it.
            new_label: Another name; one that exists takes the examples in.

        Raises:
            UnknownLabelError: There is no such label.
            RequestError: Both names are the same, or the new one is none.
            MemoryStoreError: It could not be written; nothing changed.
        """
        label = self._known(label)
        new_label = check_label(new_label)
        if label == new_label:
            raise RequestError(f"'{label}' has this name already: give it another one.")
        names = tuple(example.id for example in self.examples(label))
        prompts: dict[str, Prompts | None] = {label: None}
        if label in self.prompts:
            prompts[new_label] = self.prompts.get(new_label, self.prompts[label])
        merged = new_label in self.labels
        return self._do(Kind.RELABEL, Relabel(names, label, new_label, prompts, merged))

    @locked
    def set_prompts(self, prompts: Mapping[str, Prompts], *, replace_all: bool = False) -> Step:
        """Describe labels in words; an empty tuple stands for the prompt templates.

        Args:
            prompts: The new prompts of these labels.
            replace_all: Labels that are not named lose theirs.

        Raises:
            RequestError: A label or a prompt is not valid.
            MemoryStoreError: It could not be written; nothing changed.
        """
        prompts = {check_label(label): checked_prompts(texts) for label, texts in prompts.items()}
        after: dict[str, Prompts | None] = dict.fromkeys(self.prompts) if replace_all else {}
        return self._do(Kind.PROMPTS, SetPrompts(after | dict(prompts)))

    @locked
    def add_initial_prompts(self, labels: Iterable[str]) -> None:
        """Give labels without a prompt the templates, for this run only: neither recorded nor undone.

        They are a suggestion: a label that a person forgot, renamed or left out of a replacement of all prompts
        gets none, also after a restart, until undo takes that back.

        Args:
            labels: Valid ones.
        """
        self._folded.set_initial(labels)

    @locked
    def undo(self, robot: str = "") -> Step:
        """Take the newest change back that is in force.

        Args:
            robot: Whose: an id, the first characters of one, or a name; empty = this memory's own.

        Returns:
            The step that was taken back, as it had been done.

        Raises:
            RequestError: There is no such robot.
            NothingToUndoError: No step of that robot is in force.
            MemoryStoreError: It could not be written; nothing changed.
        """
        fold, own = self._folded.fold, self._folded.own_robots
        whose = robots_called(robot, {*fold.robots(), *own}, self.log.robot_names()) if robot else own
        targets = fold.undo_of(own if self.robot in whose else dict.fromkeys(whose, NO_END))
        if not targets or fold.clock(targets[0]) <= self._folded.undo_after:
            raise NothingToUndoError("There is no change to undo.")
        what = self._folded.describe(targets[0])
        done = self._folded.do(Kind.UNDO, Switch(targets)).inverse()
        return self._folded.with_news(replace(done, id=targets[0], what=what))

    @locked
    def redo(self) -> Step:
        """Do again what undo took back last.

        Raises:
            NothingToRedoError: Nothing was undone since the last change.
            MemoryStoreError: It could not be written; nothing changed.
        """
        targets = self._folded.fold.redo_of(self._folded.own_robots)
        if not targets or self._folded.fold.clock(targets[0]) <= self._folded.undo_after:
            raise NothingToRedoError("There is nothing to redo: no change was undone since the last one.")
        again = self._folded.fold.switched(targets[0])[0]
        what = self._folded.describe(again)
        return self._folded.with_news(
            replace(self._folded.do(Kind.REDO, Switch(targets)), id=again, what=what)
        )

    @locked
    def compact(self, *, depth: int = HISTORY_DEPTH) -> int:
        """Drop what undo can no longer reach, and give its room back to the disk; see `compact.py`.

        Args:
            depth: Changes of this robot that undo shall still reach; 0 = none.

        Returns:
            Examples that were dropped for good.

        Raises:
            MemoryStoreError: There is no room to do it in.
        """
        return compacting.compact(self._folded, depth)

    @locked
    def backup(self, path: Path) -> None:
        """Write a copy, history included, to a new file.

        Args:
            path: Of a file that is not there yet.

        Raises:
            MemoryStoreError: It exists, or cannot be written.
        """
        self._folded.store.backup(path)

    def content_hash(self) -> str:
        """SHA-256 (hexadecimal) over all that is recorded, pictures and history included."""
        return self._folded.store.content_hash()

    @locked
    def close(self) -> None:
        """Close the file; the memory is not used afterwards."""
        self._folded.store.close()

    @locked
    def abandon(self) -> None:
        """Close a memory that is not used after all; files that began with it and hold nothing are removed."""
        self._folded.store.abandon()

    def _do(self, kind: Kind, payload: Payload) -> Step:
        return self._folded.with_news(self._folded.do(kind, payload))

    def _check(self, embeddings: Iterable[npt.NDArray]) -> None:
        for embedding in embeddings:
            fault = embedding_fault(embedding, self.encoder.dim)
            if fault:
                raise RequestError(f"An example cannot be stored: {fault}.")

    def _known(self, label: str) -> str:
        """The label of this memory that is meant."""
        label = stored_label(label, self.labels)
        if label not in self.labels:
            known = ", ".join(self.labels[:8]) or "none yet"
            raise UnknownLabelError(f"Unknown label '{label}'.{nearest(label, self.labels)} Known: {known}.")
        return label
