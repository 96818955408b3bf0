# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Registering recent frames into a large memory on disk."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tools.bench.row import BenchRow
from vfrt_ros.bench.isolated import isolated
from vfrt_ros.bench.materials import EXAMPLES, frames, recogniser
from vfrt_ros.bench.spread import spread

TARGET = 5.0
RECENT = 8
FRAME_SECONDS = 1 / 30
FEW_LABELS = 20
"""Each label that is filled in costs a write to the disk."""


def measure(quick: bool) -> list[BenchRow]:
    """The row."""
    found = isolated(watch, count=5 if quick else 20)
    disk, ram = found["disk"], found["ram"]
    return [
        BenchRow(
            f"register {RECENT} recent frames into {EXAMPLES:,} examples",
            f"≤ {TARGET:g} ms",
            f"{disk['median']:.2f} ms ({disk['low']:.2f} … {disk['high']:.2f}) written to disk for good; "
            f"{ram['median']:.2f} ms of it without the disk",
            disk["median"] <= TARGET,
            {"register": TARGET / disk["median"]},
            found,
        )
    ]


def watch(count: int, examples: int = EXAMPLES, labels: int = FEW_LABELS) -> dict[str, Any]:
    """Milliseconds of a registration, with the memory in a file and in RAM only."""
    with tempfile.TemporaryDirectory() as folder:
        return {
            name: spread(_registrations(path, count, examples, labels)).as_dict()
            for name, path in (("disk", str(Path(folder) / "memory.db")), ("ram", ":memory:"))
        }


def _registrations(path: str, count: int, examples: int, labels: int) -> list[float]:
    made = recogniser("fake", examples=examples, labels=labels, memory_path=path)
    random, milliseconds = np.random.default_rng(42), []
    for number in range(count):
        made.restart_view()
        for observation in _views(made, random):
            made.decide(observation)
            time.sleep(FRAME_SECONDS)
        made.settle()
        start = time.perf_counter()
        done = made.register(f"new {number}", frames=RECENT)
        milliseconds.append(1e3 * (time.perf_counter() - start))
        if done.stored != RECENT:
            raise RuntimeError(f"Expected {RECENT} frames to be stored; {done.reasons}.")
        made.settle()
        made.memory.undo()
    made.close()
    return milliseconds


def _views(made: Any, random: np.random.Generator) -> list[Any]:
    """Observations of one thing from eight sides, none a near duplicate of another."""
    from dataclasses import replace

    frame = frames(1)[0]
    seen = []
    for number in range(RECENT):
        observation = made.observe(cv2.convertScaleAbs(frame, alpha=1 - 0.02 * number), None)
        noise = random.standard_normal(len(observation.embedding)).astype(np.float32)
        vector = observation.embedding + 0.3 * noise / np.linalg.norm(noise)
        seen.append(replace(observation, embedding=vector / np.linalg.norm(vector)))
    return seen
