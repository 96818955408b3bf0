"""Indexes of every kind: what they find, what they forget, and what happens while one is being built."""

from __future__ import annotations

import threading
import time

import faiss
import numpy as np
import pytest

from vfrt_ros.core.memory import faiss_index, index
from vfrt_ros.core.memory.index import ExampleIndex
from vfrt_ros.core.types.example import Example

DIM = 16
FACTORIES = {
    "plain": "Flat",
    "a graph, which cannot forget": "HNSW16",
    "cells, which keep ids themselves": "IVF4,Flat",
    "cells with a refinement": "IVF4,SQ8",
    "rotated": "RR16,IVF4,Flat",
    "codes, for which there are too few": "OPQ4_16,IVF4,PQ4",
}


def unit(count: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def examples(rows: np.ndarray, first: int = 0) -> list[Example]:
    return [Example(first + number, "cup", row) for number, row in enumerate(rows)]


def wait(built: ExampleIndex) -> None:
    deadline = time.monotonic() + 60
    while built.building:
        assert time.monotonic() < deadline, "the index was not built"
        threading.Event().wait(0.01)


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small memories are built in the background, as large ones are."""
    monkeypatch.setattr(index, "AT_ONCE", 0)
    monkeypatch.setattr(index, "LARGE", 500)
    monkeypatch.setattr(faiss_index, "LARGE", 500)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch):
    """Building waits for this event."""
    go, build = threading.Event(), index.filled_index

    def wait_and_build(*args):
        assert go.wait(30)
        return build(*args)

    monkeypatch.setattr(index, "filled_index", wait_and_build)
    yield go
    go.set()


@pytest.mark.parametrize("factory", FACTORIES.values(), ids=FACTORIES.keys())
def test_every_example_finds_itself_and_a_removed_one_is_never_found(factory) -> None:
    rows = unit(300)
    made = ExampleIndex(DIM, factory, nprobe=4)
    for first in range(0, 300, 50):
        made.add(examples(rows[first : first + 50], first))
    gone = list(range(0, 300, 3))
    made.remove(gone)
    assert len(made) == 200
    for key in range(300):
        found = made.search(rows[key], 5)[0].tolist()
        assert not set(found) & set(gone)
        assert (key in found) == (key not in gone)


@pytest.mark.parametrize("factory", FACTORIES.values(), ids=FACTORIES.keys())
def test_what_comes_back_under_its_old_id_is_found_once(factory) -> None:
    rows = unit(200)
    made = ExampleIndex(DIM, factory, nprobe=4)
    made.add(examples(rows))
    made.remove(range(50))
    made.add(examples(rows[:50]))
    ids, cosines = made.search(rows[7], 8)
    assert ids[0] == 7 and len(set(ids.tolist())) == len(ids) == 8
    assert (np.diff(cosines) <= 1e-6).all()


def test_changes_made_while_an_index_is_built_are_in_it(behind, held) -> None:
    rows = unit(830)
    made = ExampleIndex(DIM, "auto")
    made.add(examples(rows[:800]))
    assert made.building
    plain = made.faiss_index
    made.add(examples(rows[800:], 800))
    made.remove([3, 810])
    assert made.search(rows[829], 1)[0].tolist() == [829], "searches go on meanwhile"
    held.set()
    wait(made)
    assert made.search(rows[829], 1)[0].tolist() == [829]
    assert made.faiss_index is not plain
    assert made.faiss_index.ntotal == 828
    for key in (3, 810):
        assert key not in made.search(rows[key], 8)[0]


def test_a_graph_that_is_built_anew_in_the_background_leaves_removed_ones_out(behind, held) -> None:
    rows = unit(600)
    held.set()
    made = ExampleIndex(DIM, "HNSW16")
    made.add(examples(rows))
    wait(made)
    made.search(rows[0], 1)
    held.clear()
    made.remove(range(100))
    assert made.building
    assert not set(made.search(rows[5], 8)[0].tolist()) & set(range(100))
    held.set()
    wait(made)
    assert len(made.search(rows[5], 8)[0]) == 8
    assert made.faiss_index.ntotal == 500


def test_auto_finds_what_flat_finds_and_grows_with_the_memory(behind) -> None:
    rows, flat = unit(4000), ExampleIndex(DIM)
    made = ExampleIndex(DIM, "auto")
    for first in range(0, 4000, 400):
        for one in (made, flat):
            one.add(examples(rows[first : first + 400], first))
    queries = unit(200, seed=1)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        wait(made)
        made.search(queries[0], 8)
        if not made.building:
            break
    inverted = faiss.try_extract_index_ivf(made.faiss_index)
    assert inverted.nlist > 50, "built for far fewer than there are"
    hits = [len(np.intersect1d(made.search(q, 8)[0], flat.search(q, 8)[0])) for q in queries]
    assert sum(hits) >= 0.98 * 8 * len(queries)


def test_an_index_outgrown_before_it_was_ready_is_not_taken(behind, held) -> None:
    rows = unit(2000)
    made = ExampleIndex(DIM, "auto")
    made.add(examples(rows[:600]))
    plain = made.faiss_index
    made.add(examples(rows[600:], 600))
    held.set()
    wait(made)
    assert made.search(rows[1500], 1)[0].tolist() == [1500]
    assert made.faiss_index is plain
    assert made.builds, "another one is being built"
    wait(made)
    made.search(rows[0], 1)
    assert not made.builds
    assert faiss.try_extract_index_ivf(made.faiss_index).nlist == 44


def test_a_small_memory_is_flat_under_auto() -> None:
    made = ExampleIndex(DIM, "auto")
    made.add(examples(unit(100)))
    assert faiss.try_extract_index_ivf(made.faiss_index) is None


def test_an_index_that_cannot_be_built_leaves_the_plain_one(behind, monkeypatch, caplog) -> None:
    def fail(*args):
        raise RuntimeError("no memory")

    monkeypatch.setattr(index, "filled_index", fail)
    rows = unit(600)
    made = ExampleIndex(DIM, "auto")
    made.add(examples(rows))
    wait(made)
    assert made.search(rows[9], 1)[0].tolist() == [9]
    assert "could not be built" in caplog.text


def test_more_neighbours_than_examples_gives_what_there_is() -> None:
    made = ExampleIndex(DIM)
    assert made.search(unit(1)[0], 8)[0].size == 0
    made.add(examples(unit(3)))
    assert len(made.search(unit(1)[0], 8)[0]) == 3
