"""The FAISS index over the positive examples: a cache of the record, rebuilt at every start."""

from __future__ import annotations

from collections.abc import Sequence

import faiss
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.errors import SettingError
from vfrt_ros.core.memory.example import Example

FULL_RANK = 39
"""Training vectors that k-means wants for each cell; below it FAISS warns (faiss Clustering.h)."""


class ExampleIndex:
    """Inner-product search by example id, with any FAISS factory string.

    An index that has to be trained, or that cannot forget, is kept beside a plain one: the plain one
    answers until there is enough to train on.

    Raises:
        SettingError: FAISS does not know the factory string.
    """

    def __init__(self, dim: int, factory: str = "Flat", nprobe: int = 16) -> None:
        self._dim = dim
        self._factory = factory
        self._nprobe = nprobe
        self._vectors: dict[int, npt.NDArray[np.float32]] = {}
        self._index = _wrap(faiss.IndexFlatIP(dim))
        self._is_factory = factory == "Flat"
        self._build()

    def __len__(self) -> int:
        return len(self._vectors)

    def add(self, examples: Sequence[Example]) -> None:
        """Make examples searchable."""
        if not examples:
            return
        self._vectors |= {example.id: example.embedding for example in examples}
        ids = np.array([example.id for example in examples], np.int64)
        self._index.add_with_ids(np.stack([example.embedding for example in examples]), ids)
        if not self._is_factory:
            self._upgrade()

    def remove(self, ids: Sequence[int]) -> None:
        """Forget examples; unknown ids are passed over."""
        for key in ids:
            self._vectors.pop(key, None)
        if not ids:
            return
        try:
            self._index.remove_ids(np.array(ids, np.int64))
        except RuntimeError:
            self._upgrade()

    def search(self, embedding: npt.NDArray[np.float32], k: int) -> tuple[npt.NDArray, npt.NDArray]:
        """The nearest examples.

        Args:
            embedding: (d,) float32, unit norm.
            k: How many at most.

        Returns:
            Ids (n,) int64 and cosines (n,) float32, best first, n <= k.
        """
        k = min(k, len(self))
        if k == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        cosines, ids = self._index.search(embedding[None], k)
        found = ids[0] >= 0
        return ids[0][found], cosines[0][found]

    def _build(self) -> faiss.Index:
        try:
            index = faiss.index_factory(self._dim, self._factory, faiss.METRIC_INNER_PRODUCT)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1][-120:]
            raise SettingError(
                f"Parameter 'memory_index' must be a FAISS factory string such as Flat, HNSW32 or "
                f"IVF256,Flat; got '{self._factory}' ({reason})."
            ) from error
        inverted = faiss.try_extract_index_ivf(index)
        if inverted is not None:
            inverted.nprobe = min(self._nprobe, inverted.nlist)
        return index

    def _upgrade(self) -> None:
        """Build the wanted index from all vectors, where there are enough of them."""
        index = self._build()
        inverted = faiss.try_extract_index_ivf(index)
        needed = FULL_RANK * inverted.nlist if inverted is not None else 1
        enough = len(self) >= needed
        target = index if enough else faiss.IndexFlatIP(self._dim)
        self._index = _wrap(target)
        self._is_factory = enough
        if not self._vectors:
            return
        vectors = np.stack(list(self._vectors.values()))
        if enough and not index.is_trained:
            index.train(vectors)
        self._index.add_with_ids(vectors, np.fromiter(self._vectors, np.int64))


def _wrap(index: faiss.Index) -> faiss.Index:
    """The index, taking ids of our own."""
    takes_ids = isinstance(faiss.downcast_index(index), (faiss.IndexIDMap, faiss.IndexIDMap2))
    return index if takes_ids else faiss.IndexIDMap2(index)
