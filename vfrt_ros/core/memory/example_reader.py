# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Read the examples of a memory: from the table, and with what only the log has of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from threading import RLock

from vfrt_ros.core.memory.folded_log import FoldedLog
from vfrt_ros.core.memory.locked import locked
from vfrt_ros.core.memory.payload import TaughtExample, Teach
from vfrt_ros.core.types.errors import UnknownLabelError, nearest
from vfrt_ros.core.types.example import Example
from vfrt_ros.core.types.label import stored_label
from vfrt_ros.core.types.operation import OperationId

PART = 1_000
"""Examples that are handed on at a time where all are."""


class ExampleReader:
    """The examples of a memory, negatives included, in the order of the log.

    They come without picture, quality, source and time: `with_details` adds those.

    Threads: as `Memory`, whose lock it holds where it reads more than the table.

    Args:
        folded: The log and the state that it gives.
        lock: The memory's.
    """

    def __init__(self, folded: FoldedLog, lock: RLock) -> None:
        self._folded = folded
        self.lock = lock

    def __call__(self, label: str | None = None) -> list[Example]:
        """The examples of one label or of all.

        Args:
            label: As it is stored; None = all.
        """
        state = self._folded.state
        if label is None:
            rows = state.table.all_rows()
        else:
            rows = state.table.in_order([*state.table.rows(label), *state.table.rows(label, negative=True)])
        return [state.example(int(row)) for row in rows]

    def in_parts(self) -> Iterator[tuple[Example, ...]]:
        """All examples, some at a time, so that there is no second copy of all of them."""
        state = self._folded.state
        rows = state.table.all_rows()
        for first in range(0, len(rows), PART):
            yield tuple(state.example(int(row)) for row in rows[first : first + PART])

    @locked
    def listed(self, label: str = "") -> tuple[list[Example], int]:
        """The examples, and the memory's version at that moment.

        Args:
            label: As somebody typed it; empty = of all labels.

        Raises:
            RequestError: The label is not valid.
            UnknownLabelError: There is no such label.
        """
        if not label:
            return self(), self._folded.version
        labels = self._folded.state.labels
        wanted = stored_label(label, labels)
        if wanted not in labels:
            raise UnknownLabelError(f"Unknown label '{wanted}'.{nearest(wanted, labels)}")
        return self(wanted), self._folded.version

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
    def taught(self) -> list[TaughtExample]:
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
            for example in self.with_details(self())
        ]
