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

from tools.bench.row import Row
from vfrt_ros.bench.isolated import isolated
from vfrt_ros.bench.materials import vectors
from vfrt_ros.core.memory.memory import Memory, NewExample
from vfrt_ros.core.types.encoder_identity import EncoderIdentity

ENCODER = EncoderIdentity("bench", "bench", 512)
EXAMPLES, MANY, QUICK_MANY = 10_000, 100_000, 20_000
TOGETHER = 8
"""Examples that are registered at once."""
LABELS = 200
REGISTER_MS, LATE_MS, ROOM = 4.0, 50.0, 1.3
TURNS = 30


def measure(quick: bool) -> list[Row]:
    """A row for each of the four."""
    found = isolated(watch, examples=EXAMPLES)
    room = isolated(watch_room, examples=QUICK_MANY if quick else MANY)
    return [
        Row(
            f"memory: register {TOGETHER} into {EXAMPLES:,} examples, on disk",
            f"≤ {REGISTER_MS:g} ms",
            f"{found['register ms']:.2f} ms",
            found["register ms"] <= REGISTER_MS,
            {"memory register": REGISTER_MS / found["register ms"]},
            found,
        ),
        Row(
            f"memory: start with {EXAMPLES:,} examples", "told", f"{found['start s']:.2f} s", None, {}, found
        ),
        Row(
            f"memory: an operation of another robot folded into {found['operations']:,} others",
            f"≤ {LATE_MS:g} ms",
            f"{found['late ms']:.2f} ms",
            found["late ms"] <= LATE_MS,
            {"memory late operation": LATE_MS / found["late ms"]},
            found,
        ),
        Row(
            f"memory: room in RAM of {room['examples']:,} examples",
            f"≤ {ROOM:g} of the embeddings",
            f"{room['share']:.2f} ({room['MB']:.0f} MB)",
            room["share"] <= ROOM,
            {"memory room": ROOM / room["share"]},
            room,
        ),
    ]


def watch(examples: int) -> dict[str, Any]:
    """Milliseconds of a registration and of a late operation, and seconds of the next start."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.db"
        memory = Memory(ENCODER, path)
        _fill(memory, examples)
        register = [_seconds(lambda some=some: memory.register("new", some)) for some in _views(TURNS)]
        late = [_late(memory, number, some) for number, some in enumerate(_views(TURNS))]
        operations = len(memory.known())
        memory.close()
        start = time.perf_counter()
        memory = Memory(ENCODER, path)
        seconds = time.perf_counter() - start
        memory.close()
    return {
        "register ms": 1e3 * float(np.median(register)),
        "late ms": 1e3 * float(np.median(late)),
        "start s": seconds,
        "operations": operations,
    }


def watch_room(examples: int) -> dict[str, Any]:
    """What an open memory takes in RAM, against its embeddings alone."""
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


def _late(memory: Memory, number: int, some: list[NewExample]) -> float:
    """Seconds of taking over what another robot did an hour ago."""
    other = Memory(ENCODER, clock=lambda: time.time() - 3600.0, robot=f"other-{number}")
    other.register("thing 000", some)
    (key,) = other.known()
    operation = other.operation(key)
    if operation is None:
        raise RuntimeError("There is no operation.")
    return _seconds(lambda: memory.adopt([operation]))


def _seconds(act: Any) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _resident() -> int:
    """Bytes of this process in RAM."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096
