"""The FAISS index over the positive examples: a cache of the record, rebuilt at every start."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

import faiss
import numpy as np
import numpy.typing as npt

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
from vfrt_ros.core.types.example import Example

AT_ONCE = 2_000
"""Up to so many examples an index is built before the next search; above, in the background."""
GROWTH = 1.05
"""`auto` is built anew when there are so many times the examples it was built for: of labels that came later, only
seven in ten neighbours were found, since no cell was made for them."""
_log = logging.getLogger(__name__)


class ExampleIndex:
    """Inner-product search by example id, with any FAISS factory string, or `auto`: Flat, and above 20,000
    examples an inverted file that looks into as many cells as it needs to find 99 % of what Flat finds.

    A plain index answers until there is enough to train the wanted one and while that is being built. An
    index that cannot forget is built anew after a removal; until then searches leave the removed ones out.

    Threads: one thread at a time calls, under its owner's lock. A background thread builds an index from a
    copy and leaves it in `_built`; the next call adopts it, with the changes that were made meanwhile.

    Raises:
        SettingError: FAISS does not know the factory string, or what it makes cannot serve.
    """

    def __init__(self, dim: int, factory: str = "Flat", nprobe: int = 16) -> None:
        self._dim = dim
        self._factory = factory
        self._nprobe = nprobe
        self._vectors: dict[int, npt.NDArray[np.float32]] = {}
        self._index = empty_index(dim, "Flat", nprobe)
        self._built_for = 0
        """Examples that the wanted index was built for; 0 = the plain one answers."""
        self._gone: set[int] = set()
        """Removed, but still in an index that cannot forget."""
        self._builder: threading.Thread | None = None
        self._built: faiss.Index | None = None
        self._late_added: dict[int, npt.NDArray[np.float32]] = {}
        self._late_removed: set[int] = set()
        self._needed = LARGE + 1
        if fault := index_fault(dim, factory):
            raise refused(factory, fault)
        if factory != AUTO:
            self._needed = examples_needed(empty_index(dim, factory, nprobe), factory)

    def __len__(self) -> int:
        return len(self._vectors)

    def blank(self) -> ExampleIndex:
        """An empty one of the same kind."""
        return ExampleIndex(self._dim, self._factory, self._nprobe)

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
        """What searches, to compare with."""
        return self._index

    def add(self, examples: Sequence[Example]) -> None:
        """Make examples searchable."""
        if not examples:
            return
        self._adopt()
        added = {example.id: example.embedding for example in examples}
        self._vectors |= added
        if self._gone.isdisjoint(added):
            self._index.add_with_ids(np.stack(list(added.values())), np.fromiter(added, np.int64))
        else:
            self._build()  # an id that comes back would stand in the index twice
        if self._builder is not None:
            self._late_added |= added
        self._improve()

    def remove(self, ids: Sequence[int]) -> None:
        """Forget examples; unknown ids are passed over."""
        self._adopt()
        known = [key for key in ids if self._vectors.pop(key, None) is not None]
        if not known:
            return
        if self._builder is not None:
            for key in known:
                self._late_added.pop(key, None)
            self._late_removed.update(known)
        self._drop(known)
        self._improve()

    def search(self, embedding: npt.NDArray[np.float32], k: int) -> tuple[npt.NDArray, npt.NDArray]:
        """The nearest examples.

        Args:
            embedding: (d,) float32, unit norm.
            k: How many at most.

        Returns:
            Ids (n,) int64 and cosines (n,) float32, best first, n <= k.
        """
        if self._built is not None:
            self._adopt()
        k = min(k, len(self._vectors))
        if k == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        cosines, ids = self._index.search(embedding[None], k + len(self._gone))
        if ids[0, -1] >= 0 and not self._gone:
            return ids[0], cosines[0]
        found = np.fromiter((key in self._vectors for key in ids[0].tolist()), bool, ids.shape[1])
        return ids[0][found][:k], cosines[0][found][:k]

    def _drop(self, ids: Sequence[int]) -> None:
        try:
            self._index.remove_ids(np.array(ids, np.int64))
        except RuntimeError:
            self._gone.update(ids)

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
            self._index = filled_index(self._dim, wanted, self._nprobe, self._vectors)
        except RuntimeError:
            if not enough:
                raise
            _log.exception("the index '%s' could not be built; it is tried with more examples", self._factory)
            self._needed, enough = 2 * len(self), False
            self._index = filled_index(self._dim, "Flat", self._nprobe, self._vectors)
        self._built_for = len(self) if enough else 0
        self._gone.clear()

    def _build_behind(self) -> None:
        copy = dict(self._vectors)

        def build() -> None:
            try:
                step_back()
                self._built = filled_index(self._dim, self._factory, self._nprobe, copy)
            except Exception:
                # Searches go on with the index that there is; the next change tries again.
                _log.exception("the index '%s' could not be built", self._factory)

        self._late_added, self._late_removed = {}, set()
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
        if self._gone & self._late_added.keys():
            self._build()
        elif self._late_added:
            rows = np.stack(list(self._late_added.values()))
            self._index.add_with_ids(rows, np.fromiter(self._late_added, np.int64))
        self._improve()
