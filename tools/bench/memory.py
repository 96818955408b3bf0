# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The memory by itself: writing, starting, a late operation of another robot, and the room it takes in RAM."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tools.bench.row import BenchRow
from vfrt_ros.bench.isolated import isolated
from vfrt_ros.bench.materials import vectors
from vfrt_ros.core.memory.memory import Memory, NewExample
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.operation import OperationId

ENCODER = EncoderIdentity("bench", "bench", 512)
EXAMPLES, MANY, QUICK_MANY = 10_000, 100_000, 20_000
TOGETHER = 8
"""Examples that are registered at once."""
LABELS = 200
OPERATIONS, QUICK_OPERATIONS = 10_000, 2_000
REGISTER_MS, LATE_MS, ROOM = 4.0, 50.0, 1.3
TURNS = 30


def measure(quick: bool) -> list[BenchRow]:
    """A row for each of the four."""
    found = isolated(watch, examples=EXAMPLES)
    late = isolated(watch_late, operations=QUICK_OPERATIONS if quick else OPERATIONS)
    room = isolated(watch_room, examples=QUICK_MANY if quick else MANY)
    return [
        BenchRow(
            f"memory: register {TOGETHER} into {EXAMPLES:,} examples, on disk",
            f"≤ {REGISTER_MS:g} ms",
            f"{found['register ms']:.2f} ms",
            found["register ms"] <= REGISTER_MS,
            {"memory register": REGISTER_MS / found["register ms"]},
            found,
        ),
        BenchRow(
            f"memory: start with {EXAMPLES:,} examples", "told", f"{found['start s']:.2f} s", None, {}, found
        ),
        BenchRow(
            f"memory: a late operation of another robot folded into {late['operations']:,} others, on disk",
            f"≤ {LATE_MS:g} ms",
            f"{late['worst ms']:.2f} ms (teach {late['teach ms']:.2f}, relabel {late['relabel ms']:.2f}, "
            f"undo {late['undo ms']:.2f})",
            late["worst ms"] <= LATE_MS,
            {"memory late operation": LATE_MS / late["worst ms"]},
            late,
        ),
        BenchRow(
            f"memory: room in RAM of {room['examples']:,} examples",
            f"≤ {ROOM:g} of the embeddings",
            f"{room['share']:.2f} ({room['MB']:.0f} MB)",
            room["share"] <= ROOM,
            {"memory room": ROOM / room["share"]},
            room,
        ),
    ]


def watch(examples: int) -> dict[str, Any]:
    """Milliseconds of a registration, and seconds of the next start."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.db"
        memory = Memory(ENCODER, path)
        _fill(memory, examples)
        register = [_seconds(lambda some=some: memory.register("new", some)) for some in _views(TURNS)]
        memory.close()
        start = time.perf_counter()
        memory = Memory(ENCODER, path)
        seconds = time.perf_counter() - start
        memory.close()
    return {
        "register ms": 1e3 * float(np.median(register)),
        "start s": seconds,
    }


def watch_late(operations: int) -> dict[str, Any]:
    """Milliseconds, medians, of operations that come in after as many others, most of which they stand before."""
    with tempfile.TemporaryDirectory() as folder:
        memory = Memory(ENCODER, Path(folder) / "memory.db")
        early = time.time()
        for number, row in enumerate(vectors(operations, ENCODER.dim, LABELS)):
            memory.register(f"thing {number % LABELS:03d}", [NewExample(row, {"sharpness": 50.0})])
        count = len(memory.log.known())
        turns = [_late(memory, early, number, some) for number, some in enumerate(_views(TURNS))]
        memory.close()
    medians = dict(zip(("teach ms", "relabel ms", "undo ms"), 1e3 * np.median(turns, axis=0), strict=True))
    return {"operations": count, "worst ms": float(max(medians.values())), **medians}


def watch_room(examples: int) -> dict[str, Any]:
    """The room of an open memory in RAM, against its embeddings alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.db"
        isolated(_write, path=str(path), examples=examples)
        before = _resident()
        memory = Memory(ENCODER, path)
        room = _resident() - before
        count = len(memory)
        memory.close()
    return {"examples": count, "MB": room / 1e6, "share": room / (4 * ENCODER.dim * count)}


def _write(path: str, examples: int) -> None:
    memory = Memory(ENCODER, Path(path))
    _fill(memory, examples)
    memory.close()


def _fill(memory: Memory, examples: int) -> None:
    rows = vectors(examples, ENCODER.dim, LABELS)
    for first in range(0, examples, TOGETHER):
        label = f"thing {first // TOGETHER % LABELS:03d}"
        memory.register(
            label, [NewExample(row, {"sharpness": 50.0}) for row in rows[first : first + TOGETHER]]
        )


def _views(count: int) -> Iterator[list[NewExample]]:
    rows = vectors(count * TOGETHER, ENCODER.dim, count, seed=7)
    for first in range(0, len(rows), TOGETHER):
        yield [NewExample(row, {"sharpness": 50.0}) for row in rows[first : first + TOGETHER]]


def _late(memory: Memory, early: float, number: int, some: list[NewExample]) -> list[float]:
    """Seconds of taking over a lesson, its new name and its undo, all of a time before the others."""
    other = Memory(ENCODER, clock=lambda: early, robot=f"other-{number}")
    known: set[OperationId] = set()
    seconds = []
    for act in (
        lambda: other.register(f"late {number}", some),
        lambda: other.relabel(f"late {number}", "thing 000"),
        other.undo,
    ):
        act()
        (key,) = set(other.log.known()) - known
        known.add(key)
        operation = other.log.operation(key)
        if operation is None:
            raise RuntimeError("There is no operation.")
        seconds.append(_seconds(lambda operation=operation: memory.log.adopt([operation])))
    return seconds


def _seconds(act: Any) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _resident() -> int:
    """Bytes of this process in RAM."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096
