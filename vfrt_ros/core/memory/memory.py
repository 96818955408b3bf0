# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The memory of what a robot was taught: the log of operations is the truth, everything else is folded from it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.memory import compact as compacting
from vfrt_ros.core.memory import undo as undoing
from vfrt_ros.core.memory.accept import checked_prompts
from vfrt_ros.core.memory.check import check_embeddings
from vfrt_ros.core.memory.example_index import ExampleIndex
from vfrt_ros.core.memory.example_reader import ExampleReader
from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.memory.folded_log import FoldedLog
from vfrt_ros.core.memory.followers import Follower
from vfrt_ros.core.memory.locked import locked
from vfrt_ros.core.memory.new_example import NewExample, teaching
from vfrt_ros.core.memory.operation_log import OperationLog
from vfrt_ros.core.memory.payload import (
    Forget,
    LabelPrompts,
    Payload,
    Relabel,
    SetPrompts,
    TaughtExample,
    Teach,
)
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import RequestError, UnknownLabelError, nearest
from vfrt_ros.core.types.example import Prompts, Step
from vfrt_ros.core.types.label import check_label, stored_label
from vfrt_ros.core.types.operation import ExampleId, Kind

Array = npt.NDArray[np.float32]
HISTORY_DEPTH = 100
"""Changes of this robot that undo can take back after `compact`; before it, all of them."""


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
        index: FAISS factory string of the index that `search_rows` builds.
        nprobe: Cells that an IVF index looks into.
        clock: Seconds since the epoch.
        robot: The id under which a new memory goes, which no other may have; empty = a random one.

    Attributes:
        lock: A reentrant one, which covers what follows the memory too: the rule and the views of a recogniser.
        log: The operations, to be exchanged with files and other robots.
        examples: Reads the examples.
        table: The examples as the rules read them; the same table for good.
        encoder: The encoder whose embeddings it holds.
        path: The file; None = in RAM only.
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
        self.encoder = self._folded.encoder
        self.path = self._folded.store.path
        self.table: ExampleTable = self._folded.state.table
        self.log = OperationLog(self._folded, self.lock)
        self.examples = ExampleReader(self._folded, self.lock)
        self.notices = tuple(self._folded.store.notices)

    def __len__(self) -> int:
        return len(self._folded.state.table)

    @property
    def index(self) -> ExampleIndex:
        """The index that `search_rows` asks; built by the first search."""
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
        return self._folded.state.labels

    def state_hash(self) -> str:
        """64 hexadecimal digits: equal on robots where the same changes are in force; see `Fold.state_hash`."""
        return self._folded.fold.state_hash

    def search_rows(self, embedding: Array, k: int) -> tuple[npt.NDArray[np.int64], Array]:
        """Rows of the table and cosines (n,) float32 of the nearest positive examples, best first, n <= k.

        Where the index failed, every example is looked at.

        Args:
            embedding: (d,) float32, unit norm.
            k: Examples to find.
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
        now = self._seconds()
        return self._do(
            Kind.TEACH, teaching(label, examples, negative=negative, dim=self.encoder.dim, now=now)
        )

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
        check_embeddings((example.embedding for example in examples), self.encoder.dim)
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
            RequestError: Both names are the same, or the new one is not valid.
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
        """Take the newest change back that is in force; see `undo.py`.

        Args:
            robot: Whose: an id, the first characters of one, or a name; empty = this memory's own.

        Returns:
            The step that was taken back, as it had been done.

        Raises:
            RequestError: There is no such robot.
            NothingToUndoError: No step of that robot is in force.
            MemoryStoreError: It could not be written; nothing changed.
        """
        return undoing.undo(self._folded, robot)

    @locked
    def redo(self) -> Step:
        """Do again what undo took back last; see `undo.py`.

        Raises:
            NothingToRedoError: Nothing was undone since the last change.
            MemoryStoreError: It could not be written; nothing changed.
        """
        return undoing.redo(self._folded)

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

    def _known(self, label: str) -> str:
        """The label of this memory that is meant."""
        label = stored_label(label, self.labels)
        if label not in self.labels:
            known = ", ".join(self.labels[:8]) or "none yet"
            raise UnknownLabelError(f"Unknown label '{label}'.{nearest(label, self.labels)} Known: {known}.")
        return label
