# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The one table of examples: which there are, what they are called, their embeddings. Index, rules and audit read
it."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.memory.visits import visits_of
from vfrt_ros.core.types.example import Change
from vfrt_ros.core.types.operation import ExampleId, OperationId

Array = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
_FIRST_ROOM = 64
_NOWHERE = -1


class ExampleTable:
    """Examples in rows; a row stays where it is while its example is there, and is used again afterwards.

    All listings are in the order of the log (clock, robot, number, index), so that two robots with the same
    examples read the same rows in the same order, and compute the same bits.

    Not thread-safe: its owner holds one lock around it. What `gather` gives is a copy.

    Args:
        dim: Length d of an embedding; 0 = that of the first one.

    >>> table = ExampleTable()
    >>> key = ExampleId(OperationId("a", 1), 0)
    >>> table.add(key, "cup", np.float32([0.6, 0.8]), clock=5)
    >>> table.count("cup"), table.labels, table.gather(table.rows("cup")).tolist()
    (1, ('cup',), [[0.6000000238418579, 0.800000011920929]])
    """

    def __init__(self, dim: int = 0) -> None:
        self.dim = dim
        self.clear()

    def clear(self) -> None:
        """Take all examples out."""
        self._embeddings: Array = np.empty((0, self.dim), np.float32)
        self._clocks: Rows = np.empty(0, np.int64)
        self._created: npt.NDArray[np.float64] = np.empty(0, np.float64)
        self._batches: npt.NDArray[np.int32] = np.empty(0, np.int32)
        self._places: npt.NDArray[np.int32] = np.empty(0, np.int32)
        self._owners: list[OperationId | None] = []
        self._labels: list[str] = []
        self._rows_of: dict[OperationId, array[int]] = {}
        self._by_label: tuple[dict[str, dict[int, None]], ...] = ({}, {})
        self._sorted: dict[tuple[str, bool], Rows] = {}
        self._visits: dict[str, tuple[float, Rows]] = {}
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._owners) - len(self._free)

    def __contains__(self, key: ExampleId) -> bool:
        return self._find(key) != _NOWHERE

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that an example has, as shown or as *not* shown, sorted."""
        return tuple(sorted({*self._by_label[0], *self._by_label[1]}))

    def add(
        self,
        key: ExampleId,
        label: str,
        embedding: Array,
        *,
        clock: int,
        negative: bool = False,
        batch: int = 0,
        created: float = 0.0,
    ) -> None:
        """Put an example in.

        Args:
            key: Its id, not in the table.
            label: What it is called.
            embedding: (d,) float32, unit norm; copied.
            clock: Of its operation.
            negative: It does *not* show the label.
            batch: Examples of one operation that were registered together share it.
            created: Seconds since the epoch; 0 = not known.
        """
        if not self.dim:
            self.dim = len(embedding)
            self._embeddings = np.empty((0, self.dim), np.float32)
        row = self._free.pop() if self._free else self._append()
        self._embeddings[row] = embedding
        self._clocks[row], self._places[row] = clock, key.place
        self._batches[row], self._created[row] = batch, created
        self._owners[row], self._labels[row] = key.operation, sys.intern(label)
        rows = self._rows_of.setdefault(key.operation, array("i"))
        rows.extend([_NOWHERE] * (key.place + 1 - len(rows)))
        rows[key.place] = row
        self._file(row, label, negative)

    def remove(self, key: ExampleId) -> None:
        """Take an example out.

        Raises:
            KeyError: Not in the table.
        """
        row = self.row(key)
        self._unfile(row)
        rows = self._rows_of[key.operation]
        rows[key.place] = _NOWHERE
        if max(rows) == _NOWHERE:
            del self._rows_of[key.operation]
        self._owners[row], self._labels[row] = None, ""
        self._free.append(row)

    def relabel(self, key: ExampleId, label: str) -> None:
        """Give an example another label.

        Args:
            key: Of an example that is there.
            label: The new one.

        Raises:
            KeyError: Not in the table.
        """
        row = self.row(key)
        negative = self.is_negative(row)
        self._unfile(row)
        self._labels[row] = sys.intern(label)
        self._file(row, label, negative)

    def follow(self, change: Change, clock: Callable[[OperationId], int] = lambda key: 0) -> None:
        """Take examples out and in; one that is taken out and in again keeps its row and gets its new label.

        Args:
            change: What to follow.
            clock: Gives the clock of an operation.
        """
        stay = {example.id for example in change.added}
        for example in change.removed:
            if example.id not in stay:
                self.remove(example.id)
        for example in change.added:
            if example.id in self:
                self.relabel(example.id, example.label)
            else:
                self.add(
                    example.id,
                    example.label,
                    example.embedding,
                    clock=clock(example.id.operation),
                    negative=example.negative,
                    batch=example.batch,
                    created=example.created,
                )

    def count(self, label: str) -> int:
        """Examples that show the label."""
        return len(self._by_label[0].get(label, ()))

    def negatives(self, label: str) -> int:
        """Examples marked as *not* the label."""
        return len(self._by_label[1].get(label, ()))

    def negative_labels(self) -> tuple[str, ...]:
        """Labels that have a negative example, sorted."""
        return tuple(sorted(self._by_label[1]))

    def rows(self, label: str, *, negative: bool = False) -> Rows:
        """(n,) int64 rows of a label's examples, in the order of the log.

        Args:
            label: Any text; one that no example has gives no row.
            negative: Those that do *not* show the label, instead of those that do.
        """
        known = self._sorted.get((label, negative))
        if known is None:
            known = self.in_order(list(self._by_label[negative].get(label, ())))
            self._sorted[label, negative] = known
        return known

    def all_rows(self, *, negative: bool | None = None) -> Rows:
        """(n,) int64 rows of all examples, or of the (not) negative ones, in the order of the log.

        Args:
            negative: Only those that do (not) show their label; None = both.
        """
        kinds = (False, True) if negative is None else (negative,)
        return self.in_order(
            [row for kind in kinds for rows in self._by_label[kind].values() for row in rows]
        )

    def gather(self, rows: Rows | Sequence[int]) -> Array:
        """(n, d) float32 embeddings of rows, a copy.

        Args:
            rows: n rows, in any order.
        """
        return self._embeddings[np.asarray(rows, np.int64)]

    def embedding(self, row: int) -> Array:
        """(d,) float32, a view that is good until the next change.

        Args:
            row: Of an example that is there.
        """
        return self._embeddings[row]

    def near(self, embedding: Array, least: float) -> tuple[Rows, Array]:
        """The examples that are near to an embedding, those that do *not* show their label left out.

        Args:
            embedding: (d,) float32, unit norm.
            least: Their cosine with it at least.

        Returns:
            Rows (n,) int64 and cosines (n,) float32.
        """
        if not len(self):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        cosines = self._embeddings[: len(self._owners)] @ embedding
        found = np.flatnonzero(cosines >= least)
        there = [row for row in found.tolist() if self._owners[row] and not self.is_negative(row)]
        return np.array(there, np.int64), np.asarray(cosines[there], np.float32)

    def key(self, row: int) -> ExampleId:
        """The id of the example in a row."""
        return ExampleId(self._owner(row), int(self._places[row]))

    def row(self, key: ExampleId) -> int:
        """Where an example is.

        Args:
            key: Of the example.

        Raises:
            KeyError: Not in the table.
        """
        row = self._find(key)
        if row == _NOWHERE:
            raise KeyError(str(key))
        return row

    def label(self, row: int) -> str:
        """The label of the example in a row."""
        return self._labels[row]

    def is_negative(self, row: int) -> bool:
        """Whether the example in a row does *not* show its label."""
        return row in self._by_label[1].get(self._labels[row], ())

    def batch(self, row: int) -> int:
        """The batch of the example in a row, within its operation."""
        return int(self._batches[row])

    def created(self, row: int) -> float:
        """When the example in a row was taught, in seconds since the epoch; 0 = not known."""
        return float(self._created[row])

    def visits(self, label: str, gap: float) -> Rows:
        """Which examples that show a label may be frames of one visit; see `visits_of`.

        Args:
            label: Any text; one that no example has gives no number.
            gap: The longest pause within a visit, in seconds.

        Returns:
            (n,) int64 numbers from 0 for `rows(label)`, equal for examples of one visit.
        """
        known = self._visits.get(label)
        if known is None or known[0] != gap:
            rows = self.rows(label)
            owners = [self._owner(row) for row in rows]
            known = gap, visits_of(owners, self._batches[rows], self._created[rows], gap)
            self._visits[label] = known
        return known[1]

    def in_order(self, rows: Sequence[int]) -> Rows:
        """The rows in the order of the log.

        Args:
            rows: In any order.
        """
        at = np.array(rows, np.int64)
        owners = [self._owner(row) for row in rows]
        robots = np.array([owner.robot for owner in owners], np.str_)
        numbers = np.array([owner.number for owner in owners], np.int64)
        return at[np.lexsort((self._places[at], numbers, robots, self._clocks[at]))]

    def centroid(self, label: str) -> Array | None:
        """(d,) float32 unit-norm mean of the examples that show a label; None where it has none.

        Args:
            label: Any text.
        """
        if not self.count(label):
            return None
        total = self.gather(self.rows(label)).sum(axis=0, dtype=np.float64)
        return np.asarray(total / max(float(np.linalg.norm(total)), 1e-12), np.float32)

    def _find(self, key: ExampleId) -> int:
        rows = self._rows_of.get(key.operation)
        return rows[key.place] if rows is not None and 0 <= key.place < len(rows) else _NOWHERE

    def _owner(self, row: int) -> OperationId:
        owner = self._owners[row]
        if owner is None:
            raise KeyError(row)
        return owner

    def _append(self) -> int:
        row = len(self._owners)
        if row == len(self._embeddings):
            self._grow(max(_FIRST_ROOM, 2 * row))
        self._owners.append(None)
        self._labels.append("")
        return row

    def _grow(self, room: int) -> None:
        """More room; what is not written to yet takes none of the machine's memory."""
        for name in ("_embeddings", "_clocks", "_created", "_batches", "_places"):
            old = getattr(self, name)
            new = np.empty((room, *old.shape[1:]), old.dtype)
            new[: len(old)] = old
            setattr(self, name, new)

    def _file(self, row: int, label: str, negative: bool) -> None:
        self._by_label[negative].setdefault(label, {})[row] = None
        self._forget_order(label, negative)

    def _unfile(self, row: int) -> None:
        label, negative = self._labels[row], self.is_negative(row)
        rows = self._by_label[negative][label]
        del rows[row]
        if not rows:
            del self._by_label[negative][label]
        self._forget_order(label, negative)

    def _forget_order(self, label: str, negative: bool) -> None:
        self._sorted.pop((label, negative), None)
        if not negative:
            self._visits.pop(label, None)
