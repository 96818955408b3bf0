# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Indexes of every kind: what they find, what they forget, and what happens while one is being built."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

import faiss
import numpy as np
import pytest
from fixtures.waiting import wait_for

from vfrt_ros.core.memory import example_index, faiss_index
from vfrt_ros.core.memory.example_index import ExampleIndex
from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.types.operation import ExampleId, OperationId

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


class Indexed(ExampleIndex):
    """A table and its index, which has been searched before; an example is named by its number."""

    def __init__(self, factory: str = "Flat", nprobe: int = 16) -> None:
        self.table = ExampleTable(DIM)
        super().__init__(self.table, factory, nprobe)
        self.search(unit(1)[0], 1)

    def add(self, rows: np.ndarray, first: int = 0) -> None:
        for number, row in enumerate(rows, first):
            self.table.add(key(number), "cup", row, clock=number)
        self.learn([self.table.row(key(number)) for number in range(first, first + len(rows))])

    def remove(self, numbers: Iterable[int]) -> None:
        self.forget([self.table.row(key(number)) for number in numbers])
        for number in numbers:
            self.table.remove(key(number))

    def find(self, embedding: np.ndarray, k: int) -> list[int]:
        """Numbers of the nearest."""
        return [self.table.key(int(row)).operation.number - 1 for row in self.search(embedding, k)[0]]


def key(number: int) -> ExampleId:
    return ExampleId(OperationId("test", number + 1), 0)


def wait(built: ExampleIndex) -> None:
    wait_for(lambda: not built.building, "the index", timeout=60)


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small memories are built in the background, as large ones are."""
    monkeypatch.setattr(example_index, "AT_ONCE", 0)
    monkeypatch.setattr(example_index, "LARGE", 500)
    monkeypatch.setattr(faiss_index, "LARGE", 500)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch):
    """Building waits for this event."""
    go, build = threading.Event(), example_index.filled_index

    def wait_and_build(*args):
        assert go.wait(30)
        return build(*args)

    monkeypatch.setattr(example_index, "filled_index", wait_and_build)
    yield go
    go.set()


@pytest.mark.parametrize("factory", FACTORIES.values(), ids=FACTORIES.keys())
def test_every_example_finds_itself_and_a_removed_one_is_never_found(factory) -> None:
    rows = unit(300)
    made = Indexed(factory, nprobe=4)
    for first in range(0, 300, 50):
        made.add(rows[first : first + 50], first)
    gone = list(range(0, 300, 3))
    made.remove(gone)
    assert len(made) == 200
    for number in range(300):
        found = made.find(rows[number], 5)
        assert not set(found) & set(gone)
        assert (number in found) == (number not in gone)


@pytest.mark.parametrize("factory", FACTORIES.values(), ids=FACTORIES.keys())
def test_what_comes_back_under_its_old_id_is_found_once(factory) -> None:
    rows = unit(200)
    made = Indexed(factory, nprobe=4)
    made.add(rows)
    made.remove(range(50))
    made.add(rows[:50])
    found, cosines = made.find(rows[7], 8), made.search(rows[7], 8)[1]
    assert found[0] == 7 and len(set(found)) == len(found) == 8
    assert (np.diff(cosines) <= 1e-6).all()


def test_changes_made_while_an_index_is_built_are_in_it(behind, held) -> None:
    rows = unit(830)
    made = Indexed("auto")
    made.add(rows[:800])
    assert made.building
    plain = made.faiss_index
    made.add(rows[800:], 800)
    made.remove([3, 810])
    assert made.find(rows[829], 1) == [829], "searches go on meanwhile"
    held.set()
    wait(made)
    assert made.find(rows[829], 1) == [829]
    assert made.faiss_index is not plain
    assert made.faiss_index.ntotal == 828
    for number in (3, 810):
        assert number not in made.find(rows[number], 8)


def test_a_graph_that_is_built_anew_in_the_background_leaves_removed_ones_out(behind, held) -> None:
    rows = unit(600)
    held.set()
    made = Indexed("HNSW16")
    made.add(rows)
    wait(made)
    made.search(rows[0], 1)
    held.clear()
    made.remove(range(100))
    assert made.building
    assert not set(made.find(rows[5], 8)) & set(range(100))
    held.set()
    wait(made)
    assert len(made.search(rows[5], 8)[0]) == 8
    assert made.faiss_index.ntotal == 500


def test_auto_finds_what_flat_finds_and_grows_with_the_memory(behind) -> None:
    rows, flat = unit(4000), Indexed()
    made = Indexed("auto")
    for first in range(0, 4000, 400):
        for one in (made, flat):
            one.add(rows[first : first + 400], first)
    queries = unit(200, seed=1)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        wait(made)
        made.search(queries[0], 8)
        if not made.building:
            break
    inverted = faiss.try_extract_index_ivf(made.faiss_index)
    assert inverted.nlist > 50, "built for far fewer than there are"
    hits = [len(np.intersect1d(made.find(q, 8), flat.find(q, 8))) for q in queries]
    assert sum(hits) >= 0.98 * 8 * len(queries)


def test_an_index_outgrown_before_it_was_ready_is_not_taken(behind, held) -> None:
    rows = unit(2000)
    made = Indexed("auto")
    made.add(rows[:600])
    plain = made.faiss_index
    made.add(rows[600:], 600)
    held.set()
    wait(made)
    assert made.find(rows[1500], 1) == [1500]
    assert made.faiss_index is plain
    assert made.builds, "another one is being built"
    wait(made)
    made.search(rows[0], 1)
    assert not made.builds
    assert faiss.try_extract_index_ivf(made.faiss_index).nlist == 44


def test_nothing_is_kept_up_before_something_searches() -> None:
    table = ExampleTable(DIM)
    made = ExampleIndex(table)
    table.add(key(0), "cup", unit(1)[0], clock=1)
    made.learn([0])
    assert made.faiss_index is None and not len(made)
    assert made.search(unit(1)[0], 1)[0].tolist() == [0]
    assert made.faiss_index is not None and len(made) == 1


def test_a_small_memory_is_flat_under_auto() -> None:
    made = Indexed("auto")
    made.add(unit(100))
    assert faiss.try_extract_index_ivf(made.faiss_index) is None


def test_an_index_that_cannot_be_built_leaves_the_plain_one(behind, monkeypatch, caplog) -> None:
    def fail(*args):
        raise RuntimeError("no memory")

    monkeypatch.setattr(example_index, "filled_index", fail)
    rows = unit(600)
    made = Indexed("auto")
    made.add(rows)
    wait(made)
    assert made.find(rows[9], 1) == [9]
    assert "could not be built" in caplog.text


def test_more_neighbours_than_examples_gives_what_there_is() -> None:
    made = Indexed()
    assert made.search(unit(1)[0], 8)[0].size == 0
    made.add(unit(3))
    assert len(made.search(unit(1)[0], 8)[0]) == 3
