# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""FAISS indexes made from factory strings, trained and filled."""

from __future__ import annotations

import math
import os
import re
import threading
from collections.abc import Mapping

import faiss
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.errors import SettingError

Array = npt.NDArray[np.float32]

AUTO = "auto"
LARGE = 20_000
"""Examples above which `auto` is another index than Flat."""
FULL_RANK = 39
"""Training vectors that k-means wants for each cell; below it FAISS warns (faiss Clustering.h)."""
PRODUCT_CODES = 256
"""Cells that a product or residual quantiser has, with its usual 8 bits."""
TRAINING_SHARE = 64
"""Training vectors for each cell at most: more take longer and change little."""
RECALL, NEIGHBOURS, SAMPLE = 0.99, 8, 128
"""`auto` looks into as many cells as it takes to find this share of the 8 nearest of a sample's examples."""
_CHUNK = 1024
_PLACE = re.compile(r".*?\.(?:cpp|h):\d+: ")
_CONDITION = re.compile(r"Error: '(?P<condition>.*)' failed(?:: (?P<text>.+))?")


def factory_for(factory: str, count: int) -> str:
    """The factory string for so many examples; only that of `auto` depends on them.

    Args:
        factory: A FAISS factory string, or `auto`.
        count: Examples that are to be held.

    >>> factory_for("auto", 500), factory_for("auto", 100_000), factory_for("HNSW32", 500)
    ('Flat', 'IVF316,Flat', 'HNSW32')
    """
    if factory != AUTO:
        return factory
    return "Flat" if count <= LARGE else f"IVF{math.isqrt(count)},Flat"


def empty_index(dim: int, factory: str, nprobe: int) -> faiss.Index:
    """An index that takes ids of our own; inner product.

    Args:
        dim: Of the vectors.
        factory: A FAISS factory string.
        nprobe: Cells that an IVF index looks into.

    Raises:
        SettingError: FAISS does not know the factory string.
    """
    try:
        index = faiss.index_factory(dim, factory, faiss.METRIC_INNER_PRODUCT)
    except (RuntimeError, MemoryError, TypeError, ValueError, OverflowError) as error:
        raise refused(factory, faiss_reason(error)) from error
    if (inverted := inverted_file(index)) is not None:
        inverted.nprobe = min(nprobe, inverted.nlist)
    return index if _keeps_ids(index) else faiss.IndexIDMap2(index)


def faiss_reason(error: Exception) -> str:
    """The reason that FAISS gave, in one line, without the place in its sources.

    Args:
        error: As FAISS raised it.

    >>> faiss_reason(RuntimeError("Error in f(int) at /x/a.cpp:9: Error: 'd % M == 0' failed: d is odd"))
    'd is odd'
    """
    if isinstance(error, TypeError):  # what SWIG says of it is of C++
        return "not a text of ASCII"
    said = _PLACE.sub("", " ".join(str(error).split()), count=1)
    if found := _CONDITION.fullmatch(said):
        said = found["text"] or f"FAISS wants {found['condition']}"
    return said[:160] or type(error).__name__


def refused(factory: str, reason: str) -> SettingError:
    """The error for a factory string that cannot be used, in words.

    Args:
        factory: The string.
        reason: Why not, in one line.
    """
    return SettingError(
        f"Parameter 'memory_index' must be auto or a FAISS factory string such as Flat, HNSW32 or "
        f"IVF256,Flat; got '{factory}' ({reason})."
    )


def inverted_file(index: faiss.Index) -> faiss.IndexIVF | None:
    """The part of an index that has cells, if it has them.

    Args:
        index: Of any kind.
    """
    return faiss.try_extract_index_ivf(index)


def examples_needed(index: faiss.Index, factory: str) -> int:
    """How many examples it takes to train an empty index, made from this factory string.

    Args:
        index: An empty one.
        factory: The string that it was made from.
    """
    inverted = inverted_file(index)
    cells = inverted.nlist if inverted is not None else 1
    codes = PRODUCT_CODES if any(name in factory for name in ("PQ", "RQ", "LSQ")) else 1
    return 1 if index.is_trained else FULL_RANK * max(cells, codes)


def filled_index(dim: int, factory: str, nprobe: int, vectors: Mapping[int, Array]) -> faiss.Index:
    """An index of these vectors, by their ids.

    Args:
        dim, nprobe: As for `empty_index`; `auto` chooses its own `nprobe`.
        factory: A FAISS factory string or `auto`.
        vectors: At least `examples_needed`.
    """
    index = empty_index(dim, factory_for(factory, len(vectors)), nprobe)
    rows = _stacked(list(vectors.values()), dim)
    ids = np.fromiter(vectors, np.int64, len(vectors))
    inverted = inverted_file(index)
    if not index.is_trained:
        index.train(_some(rows, TRAINING_SHARE * inverted.nlist) if inverted is not None else rows)
    index.add_with_ids(rows, ids)
    if factory == AUTO and inverted is not None:
        _choose_nprobe(index, inverted, rows, ids)
    return index


def step_back() -> None:
    """Let this thread work where nothing else wants the processor: one core, lowest priority."""
    faiss.omp_set_num_threads(1)
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def _keeps_ids(index: faiss.Index) -> bool:
    """Whether it keeps ids itself. An inverted file does; IndexIDMap2 around it would lose them by a removal."""
    kind = faiss.downcast_index(index)
    if isinstance(kind, faiss.IndexPreTransform):
        return inverted_file(index) is not None
    return isinstance(kind, (faiss.IndexIVF, faiss.IndexIDMap, faiss.IndexIDMap2))


def _stacked(rows: list[Array], dim: int) -> Array:
    """(n, dim) float32, made in pieces, so that other threads get their turn."""
    matrix = np.empty((len(rows), dim), np.float32)
    for first in range(0, len(rows), _CHUNK):
        matrix[first : first + _CHUNK] = rows[first : first + _CHUNK]
    return matrix


def _some(rows: Array, most: int) -> Array:
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _choose_nprobe(index: faiss.Index, inverted: faiss.IndexIVF, rows: Array, ids: npt.NDArray) -> None:
    """Look into twice as many cells until enough of what a search of everything finds is found; then twice that."""
    queries = _some(rows, SAMPLE)
    true = ids[_nearest(rows, queries)]
    inverted.nprobe = min(4, inverted.nlist)
    while inverted.nprobe < inverted.nlist:
        found = index.search(queries, NEIGHBOURS + 1)[1]
        hits = sum(len(np.intersect1d(*pair)) for pair in zip(true, found, strict=True))
        # Each finds itself, which proves nothing.
        if hits - len(queries) >= RECALL * NEIGHBOURS * len(queries):
            break
        inverted.nprobe = min(2 * inverted.nprobe, inverted.nlist)
    # Labels that come later were not trained for, and lie across the cells.
    inverted.nprobe = min(2 * inverted.nprobe, inverted.nlist)


def _nearest(rows: Array, queries: Array) -> npt.NDArray[np.int64]:
    """(m, 9) places of the rows nearest to each of m queries, itself among them, by looking at all."""
    nearest = faiss.knn(queries, rows, NEIGHBOURS + 1, faiss.METRIC_INNER_PRODUCT)[1]
    return np.asarray(nearest, np.int64)
