# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Search in memories of growing size: ours against bare FAISS, and the fast index against Flat."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from tools.bench.row import BenchRow
from vfrt_ros.bench.isolated import isolated
from vfrt_ros.bench.materials import vectors
from vfrt_ros.core.types.operation import ExampleId, OperationId

DIM, NEIGHBOURS = 512, 8
SIZES, QUICK_SIZES = (1_000, 10_000, 100_000, 1_000_000), (1_000, 10_000, 40_000)
OVERHEAD, RECALL = 1.10, 0.98
FAST = "auto"
PER_LABEL = 50
TURNS = 9
PERIOD = 1 / 30


def measure(quick: bool) -> list[BenchRow]:
    """A row for Flat and one for the fast index."""
    sizes = QUICK_SIZES if quick else SIZES
    flat = {size: isolated(compare, size=size, factory="Flat") for size in sizes}
    fast = {size: isolated(compare, size=size, factory=FAST) for size in sizes if size > 20_000}
    return [_flat_row(flat), _fast_row(fast, flat)]


def compare(size: int, factory: str, dim: int = DIM) -> dict[str, Any]:
    """Search an index of the memory, and the FAISS index inside it, in turns.

    Args:
        size: Examples, 50 of each label.
        factory: As the parameter `memory_index`.
        dim: Of an embedding.

    Returns:
        Microseconds of a search (medians), the ratio of both, and for an index that is built in the background
        the recall against Flat, the seconds of building, how many searches were answered meanwhile and the
        longest of them.
    """
    from vfrt_ros.core.memory.example_index import ExampleIndex
    from vfrt_ros.core.memory.example_table import ExampleTable

    rows = vectors(size, dim, max(1, size // PER_LABEL))
    table = ExampleTable(dim)
    index = ExampleIndex(table, factory)
    build = _fill(table, index, rows)
    # An eighth of the examples is forgotten again: a search must not find them.
    gone = np.arange(0, size, 8)
    index.forget(gone.tolist())
    queries = _queries(rows, 100)
    build |= _wait_for(index, queries)
    turns = [_turn(index, queries) for _ in range(TURNS)]
    own, bare = (float(np.median([turn[side] for turn in turns])) for side in (0, 1))
    ratio = float(np.median([turn[0] / turn[1] for turn in turns]))
    return {
        "us": 1e6 * own,
        "bare us": 1e6 * bare,
        "ratio": ratio,
        **build,
        **_quality(index, rows, gone, queries),
    }


def _fill(table: Any, index: Any, rows: np.ndarray) -> dict[str, float]:
    """Put all into the table, whose rows are the numbers of the examples; one search has the index built."""
    start = time.perf_counter()
    index.search(rows[0], 1)
    for first in range(0, len(rows), 10_000):
        part = rows[first : first + 10_000]
        for number, row in enumerate(part, first):
            table.add(ExampleId(OperationId("bench", number + 1), 0), "thing", row, clock=number)
        index.learn(range(first, first + len(part)))
    return {"fill s": time.perf_counter() - start}


def _queries(rows: np.ndarray, count: int) -> np.ndarray:
    """New views of things in memory."""
    random = np.random.default_rng(7)
    picked = rows[random.integers(0, len(rows), count)]
    noisy = picked + random.standard_normal(picked.shape, np.float32) * np.float32(
        0.3 / np.sqrt(picked.shape[1])
    )
    return np.asarray(noisy / np.linalg.norm(noisy, axis=1, keepdims=True), np.float32)


def _wait_for(index: Any, queries: np.ndarray) -> dict[str, float]:
    """Search on, as often as a camera asks, until the index that is being built has taken over."""
    start, longest, answered = time.perf_counter(), 0.0, 0
    while index.builds:
        before = time.perf_counter()
        index.search(queries[answered % len(queries)], NEIGHBOURS)
        longest = max(longest, time.perf_counter() - before)
        answered += 1
        time.sleep(PERIOD)
    if not answered:
        return {}
    return {
        "build s": time.perf_counter() - start,
        "searches meanwhile": answered,
        "longest search meanwhile ms": 1e3 * longest,
    }


def _turn(index: Any, queries: np.ndarray) -> tuple[float, float]:
    """Seconds of a search of ours and of the bare index, medians of one turn."""
    bare = index.faiss_index
    sides = (
        (lambda query: index.search(query, NEIGHBOURS)),
        (lambda query: bare.search(query[None], NEIGHBOURS)),
    )
    seconds: tuple[list[float], list[float]] = ([], [])
    for number, query in enumerate(queries[: max(8, min(len(queries), 400_000 // max(1, len(index))))]):
        # The second one finds the query and the code in the processor's caches: each goes first in turn.
        for side in ((0, 1), (1, 0))[number % 2]:
            start = time.perf_counter()
            sides[side](query)
            seconds[side].append(time.perf_counter() - start)
    return float(np.median(seconds[0])), float(np.median(seconds[1]))


def _quality(index: Any, rows: np.ndarray, gone: np.ndarray, queries: np.ndarray) -> dict[str, float]:
    """Recall of the 8 nearest that are left, and how many of the found ones had been forgotten."""
    alive = np.ones(len(rows), bool)
    alive[gone] = False
    hits = wrong = 0
    for query in queries:
        cosines = np.where(alive, rows @ query, -2.0)
        true = np.argpartition(-cosines, NEIGHBOURS)[:NEIGHBOURS]
        found = index.search(query, NEIGHBOURS)[0]
        hits += len(np.intersect1d(true, found))
        wrong += int((~alive[found]).sum())
    return {"recall": hits / (NEIGHBOURS * len(queries)), "forgotten ones found": wrong}


def _flat_row(found: dict[int, dict[str, Any]]) -> BenchRow:
    figure = "; ".join(
        f"{_short(size)} {entry['us']:.0f} µs, {100 * (entry['ratio'] - 1):+.0f} %"
        for size, entry in found.items()
    )
    worst = max(entry["ratio"] for entry in found.values())
    return BenchRow(
        "search, against bare FAISS with the same index (Flat)",
        f"within {100 * (OVERHEAD - 1):.0f} %",
        figure,
        worst <= OVERHEAD,
        {"search against bare FAISS": 1 / worst},
        {str(size): entry for size, entry in found.items()},
    )


def _fast_row(fast: dict[int, dict[str, Any]], flat: dict[int, dict[str, Any]]) -> BenchRow:
    parts = [
        f"{_short(size)}: {flat[size]['us'] / entry['us']:.1f} × faster than Flat, recall {entry['recall']:.3f}, "
        f"{entry.get('searches meanwhile', 0)} searches while it was built ({entry.get('build s', 0.0):.0f} s), "
        f"longest {entry.get('longest search meanwhile ms', 0.0):.0f} ms"
        for size, entry in fast.items()
    ]
    reached = all(
        entry["recall"] >= RECALL
        and entry["forgotten ones found"] == 0
        and entry["us"] < flat[size]["us"]
        and entry.get("searches meanwhile", 0) > 0
        for size, entry in fast.items()
    )
    return BenchRow(
        f"memory_index: {FAST}, above 20k examples",
        f"faster than Flat, recall@{NEIGHBOURS} ≥ {RECALL}, built in the background, deletes included",
        "; ".join(parts),
        reached,
        {f"auto index, {_short(size)}": flat[size]["us"] / entry["us"] for size, entry in fast.items()},
        {str(size): entry for size, entry in fast.items()},
    )


def _short(size: int) -> str:
    return f"{size // 1_000_000}M" if size >= 1_000_000 else f"{size // 1_000}k"
