# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The examples and prompts that a fold gives, in RAM, ready to be searched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.memory.example_index import ExampleIndex
from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.memory.fold import Fold, StateDifference
from vfrt_ros.core.memory.followers import Followers
from vfrt_ros.core.memory.payload import TaughtExample, Teach
from vfrt_ros.core.types.example import Change, Example, PromptChange, Prompts, Step
from vfrt_ros.core.types.operation import ExampleId, Operation, OperationId

Array = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Teachings = Mapping[OperationId, tuple[Operation, Teach]]


class FoldedState:
    """A table of examples with its index, and prompts by label.

    Not thread-safe: its owner holds one lock around it.

    Args:
        dim: Length d of an embedding.
        index, nprobe: See `ExampleIndex`.
        followers: Count the faults of the index, which are survived.

    Attributes:
        table: The examples. It stays the same one for good: rules read it.
        index: Searches the table.
        prompts: By label; an empty tuple stands for the templates.
        initial: Labels that have the templates as long as nobody has said anything else about their prompts.
    """

    def __init__(self, dim: int, index: str, nprobe: int, followers: Followers) -> None:
        self.table = ExampleTable(dim)
        self.index = ExampleIndex(self.table, index, nprobe)
        self.prompts: dict[str, Prompts] = {}
        self.initial: set[str] = set()
        self._index_is_stale = False
        self._followers = followers

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that has an example or a prompt, sorted."""
        return tuple(sorted({*self.table.labels, *self.prompts}))

    def clear(self) -> None:
        """Hold nothing, as before anything was taught."""
        self.table.clear()
        self._begin_index()
        self.prompts = {}

    def search(self, embedding: Array, k: int) -> tuple[Rows, Array]:
        """Rows of the table and cosines of the nearest positive examples, best first, at most `k`.

        Where the index failed, every example is looked at, until the next change begins it anew.

        Args:
            embedding: (d,) float32, unit norm.
            k: Examples to find.
        """
        if not self._index_is_stale:
            try:
                return self.index.search(embedding, k)
            except Exception:
                self._index_is_stale = True
                self._followers.survived("the search of the memory's index")
        rows = self.table.all_rows(negative=False)
        cosines = self.table.gather(rows) @ embedding
        best = np.argsort(-cosines, kind="stable")[:k]
        return rows[best], cosines[best]

    def example(self, row: int) -> Example:
        """The example in a row of the table, without picture, quality and source."""
        table = self.table
        return Example(
            table.key(row),
            table.label(row),
            table.embedding(row).copy(),
            table.is_negative(row),
            table.batch(row),
            table.created(row),
        )

    def put(self, key: ExampleId, label: str, operation: Operation, taught: TaughtExample) -> None:
        """Put an example into the table, unless what it carried was dropped.

        Args:
            key: Of the example.
            label: What it is called now.
            operation: That taught it, for its clock.
            taught: What was taught.
        """
        if len(taught.embedding):
            self.table.add(
                key,
                label,
                taught.embedding,
                clock=operation.clock,
                negative=taught.negative,
                batch=taught.batch,
                created=taught.created,
            )

    def move(self, key: ExampleId, label: str | None) -> None:
        """Relabel an example of the table, or take it out: None.

        Args:
            key: Of an example of the table.
            label: The new one; None = the example goes.
        """
        if label is not None:
            self.table.relabel(key, label)
        else:
            self.index.forget([self.table.row(key)])
            self.table.remove(key)

    def step(
        self, fold: Fold, difference: StateDifference, taught: Teachings, key: OperationId | None, what: str
    ) -> Step:
        """The step that brings this state to what operations changed; nothing is touched yet.

        Args:
            fold: Has them.
            difference: What all of them changed in the fold.
            taught: The teachings of examples that are not in the table.
            key: Of the step.
            what: The step in words.
        """
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
                    added.append(
                        Example(
                            name, label, example.embedding, example.negative, example.batch, example.created
                        )
                    )
        change = Change(tuple(added), tuple(removed))
        return Step(key, what, change, self.prompt_change(fold, difference.touched))

    def follow(self, step: Step, clock: Callable[[OperationId], int]) -> None:
        """Bring table, index and prompts up to date.

        Args:
            step: As `step` made it.
            clock: When an operation was done.
        """
        stay = {example.id for example in step.examples.added}
        gone = [self.table.row(e.id) for e in step.examples.removed if e.id not in stay and not e.negative]
        fresh = [e.id for e in step.examples.added if e.id not in self.table and not e.negative]
        self._change_index(lambda: self.index.forget(gone))
        self.table.follow(step.examples, clock)
        self._change_index(lambda: self.index.learn([self.table.row(key) for key in fresh]))
        self.set_prompts(step.prompts)

    def prompt_change(self, fold: Fold, labels: Iterable[str]) -> PromptChange:
        """How the prompts of labels become what the fold says; initial ones where nobody has said anything.

        Args:
            fold: Has all operations.
            labels: Those about which something was said.
        """
        before, after = {}, {}
        for label in sorted(labels):
            old, new = self.prompts.get(label), fold.prompts(label)
            if new is None and label in self.initial and not fold.has_setter(label):
                new = ()
            if old != new:
                before[label], after[label] = old, new
        return PromptChange(before, after)

    def prompts_after(self, change: PromptChange) -> dict[str, Prompts]:
        """The prompts that there will be after a change of them, sorted by label.

        Args:
            change: Not carried out yet.
        """
        after = self.prompts | dict(change.after)
        return {label: texts for label, texts in sorted(after.items()) if texts is not None}

    def set_prompts(self, change: PromptChange) -> None:
        """Carry a change of the prompts out."""
        self.prompts = self.prompts_after(change)

    def _change_index(self, change: Callable[[], None]) -> None:
        """Change the index; where it fails, or had failed, it begins anew with the next search."""
        if not self._index_is_stale:
            try:
                change()
                return
            except Exception:
                self._followers.survived("the memory's index")
        self._begin_index()

    def _begin_index(self) -> None:
        self.index, self._index_is_stale = self.index.blank(), False
