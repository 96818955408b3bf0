# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Four cameras behind one node against one: the rate of all together, fairness, age of the results, memory."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tools.bench.random_clip import clip
from tools.bench.row import BenchRow
from tools.bench.served import Heard, Served, node_command
from vfrt_ros.bench.isolated import isolated
from vfrt_ros.bench.materials import EXAMPLES, LABELS
from vfrt_ros.bench.spread import spread

CAMERAS = ("front", "left", "right", "rear")
FPS = 30.0
LEAST_RATE, LEAST_FAIRNESS, MOST_MEMORY = 0.95, 0.9, 0.10
LEAST_ANSWERS = 110.0
"""Answers a second of the embedded encoder, of the 120 frames that four cameras send."""
TURNS, QUICK_TURNS = 8, 2
TURN_SECONDS = 3.0


def measure(quick: bool) -> list[BenchRow]:
    """The rows of several cameras."""
    turns = QUICK_TURNS if quick else TURNS
    found = isolated(watch, backbone=clip()[0], turns=turns)
    embedded = isolated(watch, backbone="embedded", turns=turns)
    return [
        _rate_row(found),
        _fairness_row(found),
        _age_row(found),
        _memory_row("CLIP", found),
        _memory_row("embedded", embedded),
        _answers_row(embedded),
    ]


def watch(
    backbone: str, turns: int, examples: int = EXAMPLES, labels: int = LABELS, fps: float = FPS
) -> dict[str, Any]:
    """One node; in turns one camera sends as much as four do, and four send.

    Args:
        backbone: Of the node.
        turns: Of three seconds each.
        examples, labels: In the node's memory.
        fps: Of each of the four.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = node_command(backbone, examples, labels, CAMERAS)
        with Served(command, Path(folder) / "node.log", CAMERAS) as node:
            node.start_camera(fps, CAMERAS[:1])
            node.first_answer()
            node.stop_camera()
            first = [_turn(node, len(CAMERAS) * fps, CAMERAS[:1])[0] for _ in range(2)]
            alone_mb = node.resident()
            rates, heard = [], []
            for _ in range(turns):
                one, _ = _turn(node, len(CAMERAS) * fps, CAMERAS[:1])
                together, answers = _turn(node, fps, CAMERAS)
                rates.append((one, together))
                heard.append(answers)
            return {
                "one camera Hz": spread(
                    [one for one, _ in [*((rate, 0.0) for rate in first), *rates]]
                ).as_dict(),
                "four cameras Hz": spread([together for _, together in rates]).as_dict(),
                "rate ratio": spread([together / one for one, together in rates]).as_dict(),
                "answers by camera": dict(Counter(entry.camera for answers in heard for entry in answers)),
                "age ms": spread([1e3 * age for answers in heard for age in _ages(answers)]).as_dict(),
                "age beyond five encodes, in frames": _beyond(heard, fps),
                "resident MB, one camera": round(alone_mb, 1),
                "resident MB, four cameras": round(node.resident(), 1),
                "offered Hz": len(CAMERAS) * fps,
            }


def _turn(node: Served, fps: float, cameras: Sequence[str]) -> tuple[float, list[Heard]]:
    """Recognitions a second, and those of the turn's steady part in the order of their publication."""
    node.start_camera(fps, cameras)
    time.sleep(0.5)
    before, began = len(node.heard), time.monotonic()
    time.sleep(TURN_SECONDS)
    heard, took = list(node.heard[before:]), time.monotonic() - began
    node.stop_camera()
    time.sleep(0.2)
    return len(heard) / took, sorted(heard, key=lambda entry: entry.published)


def _ages(heard: Sequence[Heard]) -> list[float]:
    return [entry.latency for entry in heard]


def _beyond(turns: Sequence[Sequence[Heard]], fps: float) -> dict[str, float]:
    """How much older the results are than the encodes that lie between, by shares of the results, in frames.

    A frame waits at most while one frame of each camera is encoded; the time from one publication to the next is what
    an encode took just then, on a machine that may be busy or not.
    """
    beyond = []
    encodes = len(CAMERAS) + 1
    for heard in turns:
        published = np.array([entry.published for entry in heard])
        beyond += [
            (entry.latency - (published[at] - published[at - encodes])) * fps
            for at, entry in enumerate(heard)
            if at >= encodes
        ]
    return {str(share): float(np.percentile(beyond or [0.0], share)) for share in (50, 90, 99)}


def _rate_row(found: dict[str, Any]) -> BenchRow:
    ratio, one, four = found["rate ratio"], found["one camera Hz"], found["four cameras Hz"]
    return BenchRow(
        "rate of four cameras together against one camera (CLIP)",
        f"≥ {LEAST_RATE}",
        f"{ratio['median']:.3f} ({ratio['low']:.3f} … {ratio['high']:.3f}); {four['median']:.1f} against "
        f"{one['median']:.1f} a second, {found['offered Hz']:.0f} frames a second sent in both",
        ratio["median"] >= LEAST_RATE,
        {"rate of four cameras": ratio["median"]},
        found,
    )


def _fairness_row(found: dict[str, Any]) -> BenchRow:
    counts = found["answers by camera"]
    fewest, most = min(counts.get(camera, 0) for camera in CAMERAS), max(counts.values(), default=1)
    return BenchRow(
        "slowest of four cameras against the fastest",
        f"≥ {LEAST_FAIRNESS}",
        f"{fewest / most:.3f}; " + ", ".join(f"{camera} {counts.get(camera, 0)}" for camera in CAMERAS),
        fewest / most >= LEAST_FAIRNESS,
        {"fairness of four cameras": fewest / most},
    )


def _age_row(found: dict[str, Any]) -> BenchRow:
    age, beyond = found["age ms"], found["age beyond five encodes, in frames"]
    return BenchRow(
        f"age of what a result describes, four cameras at {FPS:g} fps",
        "≤ five encodes and one frame (99 of 100 results)",
        f"{age['median']:.0f} ms; beyond five encodes {beyond['50']:.2f} frames in the middle, "
        f"{beyond['99']:.2f} at the 99th of 100",
        beyond["99"] <= 1.0,
    )


def _memory_row(encoder: str, found: dict[str, Any]) -> BenchRow:
    one, four = found["resident MB, one camera"], found["resident MB, four cameras"]
    return BenchRow(
        f"memory of a node with four cameras against one ({encoder})",
        f"at most {MOST_MEMORY:.0%} more",
        f"{four / one - 1:+.1%} ({one:.0f} MB, then {four:.0f} MB)",
        four / one - 1 <= MOST_MEMORY,
    )


def _answers_row(found: dict[str, Any]) -> BenchRow:
    rate = found["four cameras Hz"]["median"]
    return BenchRow(
        f"answers to four cameras at {FPS:g} fps (embedded)",
        f"≥ {LEAST_ANSWERS:g} of {found['offered Hz']:.0f} a second",
        f"{rate:.1f} a second, {found['age ms']['median']:.0f} ms old in the middle",
        rate >= LEAST_ANSWERS,
        {"answers to four cameras": rate / found["offered Hz"]},
        found,
    )
