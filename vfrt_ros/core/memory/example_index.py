# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The FAISS index over the positive examples of a table: built by the first search, then kept up to date."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

import faiss
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.memory.faiss_index import (
    AUTO,
    LARGE,
    empty_index,
    examples_needed,
    factory_for,
    filled_index,
    refused,
    step_back,
)
from vfrt_ros.core.memory.index_trial import index_fault
from vfrt_ros.core.types import work_ahead

Array = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

AT_ONCE = 2_000
"""Up to so many examples an index is built before the next search; above, in the background."""
GROWTH = 1.05
"""`auto` is built anew when there are so many times the examples it was built for: of labels that came later, only
seven in ten neighbours were found, since no cell was made for them."""
_log = logging.getLogger(__name__)


class ExampleIndex:
    """Inner-product search over the rows of a table, with any FAISS factory string, or `auto`: Flat, and above 20,000
    examples an inverted file that looks into as many cells as it needs to find 99 % of what Flat finds.

    A plain index answers until there is enough to train the wanted one and while that is being built. An index that
    cannot forget is built anew after a removal; until then searches leave the removed ones out.

    Inside, each example has a number that is never used again, since the table uses rows again.

    Threads: one thread at a time calls, under its owner's lock. A background thread builds an index from a copy and
    leaves it in `_built`; the next call adopts it, with the changes that were made meanwhile.

    Args:
        table: Where the examples stand.
        factory: FAISS factory string, or `auto`.
        nprobe: Cells that an IVF index looks into.

    Raises:
        SettingError: FAISS does not know the factory string, or what it makes cannot serve.
    """

    def __init__(self, table: ExampleTable, factory: str = "Flat", nprobe: int = 16) -> None:
        self._table = table
        self._factory = factory
        self._nprobe = nprobe
        self._needed = LARGE + 1
        if fault := index_fault(table.dim, factory):
            raise refused(factory, fault)
        if factory != AUTO:
            self._needed = examples_needed(empty_index(table.dim, factory, nprobe), factory)
        self._index: faiss.Index | None = None
        self._numbers: dict[int, int] = {}
        """Row to number, of the examples that are searched."""
        self._rows: dict[int, int] = {}
        """Number to row."""
        self._next = 0
        self._built_for = 0
        """Examples that the wanted index was built for; 0 = the plain one answers."""
        self._gone: set[int] = set()
        """Removed, but still in an index that cannot forget."""
        self._builder: threading.Thread | None = None
        self._built: faiss.Index | None = None
        self._late_added: set[int] = set()
        self._late_removed: set[int] = set()

    def __len__(self) -> int:
        return len(self._rows)

    def blank(self) -> ExampleIndex:
        """An empty one of the same kind."""
        return ExampleIndex(self._table, self._factory, self._nprobe)

    @property
    def building(self) -> bool:
        """Whether an index is being built in the background."""
        return self._builder is not None and self._built is None and self._builder.is_alive()

    @property
    def builds(self) -> bool:
        """Whether an index is being built, or is ready for the next call to take over."""
        return self._builder is not None

    @property
    def faiss_index(self) -> faiss.Index:
        """The index of FAISS, to compare with; None before the first search."""
        return self._index

    def learn(self, rows: Sequence[int]) -> None:
        """Make the examples in these rows searchable, if anything searches.

        Args:
            rows: Of the table, which holds the examples by now.
        """
        if self._index is None or not len(rows):
            return
        self._adopt()
        added = self._number(rows)
        self._index.add_with_ids(self._table.gather(rows), added)
        if self._builder is not None:
            self._late_added.update(added.tolist())
        self._improve()

    def forget(self, rows: Sequence[int]) -> None:
        """Leave the examples out that stood in these rows.

        Args:
            rows: Of the table, which holds the examples still.
        """
        if self._index is None:
            return
        self._adopt()
        known = [number for row in rows if (number := self._numbers.pop(row, None)) is not None]
        if not known:
            return
        for number in known:
            del self._rows[number]
        if self._builder is not None:
            self._late_added.difference_update(known)
            self._late_removed.update(known)
        self._drop(known)
        self._improve()

    def search(self, embedding: Array, k: int) -> tuple[Rows, Array]:
        """The nearest examples.

        Args:
            embedding: (d,) float32, unit norm.
            k: How many at most.

        Returns:
            Rows of the table (n,) int64 and cosines (n,) float32, best first, n <= k.
        """
        if self._index is None:
            self._begin()
        if self._built is not None:
            self._adopt()
        k = min(k, len(self._rows))
        if k == 0 or self._index is None:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        cosines, numbers = self._index.search(embedding[None], k + len(self._gone))
        pairs = [
            (self._rows[number], cosine)
            for number, cosine in zip(numbers[0].tolist(), cosines[0], strict=True)
            if number in self._rows
        ][:k]
        return np.array([row for row, _ in pairs], np.int64), np.array(
            [cosine for _, cosine in pairs], np.float32
        )

    def _begin(self) -> None:
        self._index = empty_index(self._table.dim, "Flat", self._nprobe)
        rows = self._table.all_rows(negative=False)
        if len(rows):
            self._index.add_with_ids(self._table.gather(rows), self._number(rows.tolist()))
        self._improve()

    def _number(self, rows: Sequence[int]) -> Rows:
        numbers = np.arange(self._next, self._next + len(rows), dtype=np.int64)
        self._next += len(rows)
        self._numbers |= zip(rows, numbers.tolist(), strict=True)
        self._rows |= zip(numbers.tolist(), rows, strict=True)
        return numbers

    def _vectors(self) -> dict[int, Array]:
        """The embeddings by number, a copy."""
        numbers = list(self._rows)
        return dict(zip(numbers, self._table.gather([self._rows[number] for number in numbers]), strict=True))

    def _drop(self, numbers: Sequence[int]) -> None:
        if self._index is None:
            return
        try:
            self._index.remove_ids(np.array(numbers, np.int64))
        except RuntimeError:
            self._gone.update(numbers)

    def _improve(self) -> None:
        """Build the wanted index, where there are enough examples for it and it is not there."""
        if factory_for(self._factory, len(self)) == "Flat" or len(self) < self._needed:
            if self._gone:
                self._build()
            return
        grown = self._factory == AUTO and len(self) > GROWTH * self._built_for
        if (self._built_for == 0 or self._gone or grown) and self._builder is None:
            if len(self) <= AT_ONCE:
                self._build()
            else:
                self._build_behind()

    def _build(self) -> None:
        """Build at once; the plain one where there is too little for the wanted one."""
        enough = len(self) >= self._needed
        try:
            wanted = self._factory if enough else "Flat"
            self._index = filled_index(self._table.dim, wanted, self._nprobe, self._vectors())
        except RuntimeError:
            if not enough:
                raise
            _log.exception("the index '%s' could not be built; it is tried with more examples", self._factory)
            self._needed, enough = 2 * len(self), False
            self._index = filled_index(self._table.dim, "Flat", self._nprobe, self._vectors())
        self._built_for = len(self) if enough else 0
        self._gone.clear()

    def _build_behind(self) -> None:
        copy = self._vectors()

        def build() -> None:
            try:
                step_back()
                self._built = filled_index(self._table.dim, self._factory, self._nprobe, copy)
            except Exception:
                # Searches go on with the index that there is; the next change tries again.
                _log.exception("the index '%s' could not be built", self._factory)

        self._late_added, self._late_removed = set(), set()
        self._building_for = len(copy)
        self._builder = work_ahead.start(build, "vfrt-index")

    def _adopt(self) -> None:
        """Take over the index that was built in the background, if it is ready."""
        if self._builder is None or (self._built is None and self._builder.is_alive()):
            return
        self._builder = None
        if self._built is None:
            return
        if self._factory == AUTO and len(self) > GROWTH * self._building_for:
            # Outgrown before it was ready: it would find less than the one that answers now.
            self._built = None
            self._improve()
            return
        self._index, self._built, self._built_for = self._built, None, self._building_for
        self._gone.clear()
        if self._late_removed:
            self._drop(list(self._late_removed))
        if self._late_added:
            added = sorted(self._late_added)
            rows = self._table.gather([self._rows[number] for number in added])
            self._index.add_with_ids(rows, np.array(added, np.int64))
        self._improve()
