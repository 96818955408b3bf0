# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A camera faster than the encoder: rate, age of the results, drops, memory."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tools.bench import entrants
from tools.bench.random_clip import clip
from tools.bench.row import BenchRow
from tools.bench.served import Heard, Served, node_command
from vfrt_ros.bench.isolated import Steps, isolated
from vfrt_ros.bench.materials import EXAMPLES, LABELS
from vfrt_ros.bench.spread import spread

FPS = 30.0
RATE_TARGETS = {"CLIP": 0.92, "embedded": 0.70}
FASTER = 1.2
"""The camera's rate against the encoder's while rates are taken, so that the camera does not set the pace."""
GROWTH_LIMIT = 0.01
SECONDS, QUICK_SECONDS = 600.0, 6.0
TURNS, QUICK_TURNS = 12, 2


def measure(quick: bool) -> list[BenchRow]:
    """The rows of the running node."""
    turns = QUICK_TURNS if quick else TURNS
    found = isolated(watch, backbone=clip()[0], seconds=QUICK_SECONDS if quick else SECONDS, turns=turns)
    embedded = isolated(watch, backbone="embedded", seconds=QUICK_SECONDS, turns=turns)
    return [
        _rate_row("CLIP", found),
        _rate_row("embedded", embedded),
        _age_row(found),
        _drops_row(found),
        _memory_row(found),
    ]


def watch(
    backbone: str,
    seconds: float,
    turns: int,
    examples: int = EXAMPLES,
    labels: int = LABELS,
    fps: float = FPS,
) -> dict[str, Any]:
    """Run a node, first in turns with the bare encoder and then on its own.

    Args:
        backbone: Of both.
        seconds: That the node runs on its own.
        turns: Of three seconds each, before.
        examples, labels: In the node's memory.
        fps: Of the camera while the node runs on its own; in the turns it is faster than the encoder.
    """
    with tempfile.TemporaryDirectory() as folder:
        bare = Steps(entrants.encoder, Path(folder) / "encoder.log", backbone=backbone)
        try:
            with Served(node_command(backbone, examples, labels), Path(folder) / "node.log") as node:
                node.start_camera(fps)
                node.first_answer()
                node.stop_camera()
                fast = max(fps, FASTER / float(np.median(bare.take(10))))
                rates = [_turn(node, bare, fast) for _ in range(turns)]
                sent, resident = _run_alone(node, seconds, fps)
                return {
                    **_summary(node.heard, sent, fps),
                    **_turns(rates),
                    "camera Hz in the turns": round(fast, 1),
                    "resident MB": resident,
                    "seconds": seconds,
                }
        finally:
            bare.close()


def _turn(node: Served, bare: Steps, fps: float) -> tuple[float, float]:
    """Recognitions and embeddings per second, one after the other."""
    took = bare.take(1)[0]
    alone = np.median(bare.take(max(3, int(1.5 / took))))
    node.start_camera(fps)
    time.sleep(0.5)
    before = len(node.heard)
    time.sleep(2.5)
    came = [heard.published for heard in node.heard[before:]]
    node.stop_camera()
    time.sleep(0.2)
    steps = np.diff(came)
    return (1 / float(np.median(steps)) if len(steps) else 0.0), 1 / float(alone)


def _turns(rates: Sequence[tuple[float, float]]) -> dict[str, Any]:
    return {
        "node Hz": spread([node for node, _ in rates]).as_dict(),
        "bare encoder Hz": spread([bare for _, bare in rates]).as_dict(),
        "rate ratio": spread([node / bare for node, bare in rates]).as_dict(),
    }


def _run_alone(node: Served, seconds: float, fps: float) -> tuple[list[float], list[float]]:
    """Stamps of the frames sent, and the memory held, once a second."""
    node.heard.clear()
    node.sent.clear()
    node.start_camera(fps)
    resident = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(1.0)
        resident.append(round(node.resident(), 2))
    node.stop_camera()
    time.sleep(1.0)
    return list(node.sent), resident


def _summary(heard: Sequence[Heard], sent: Sequence[float], fps: float) -> dict[str, Any]:
    """Ages and counts of one run.

    A saturated node begins a frame when it has published the last one; so the time between two publications
    is what this one encode took, on a machine that may be busy or not.
    """
    published = np.array([entry.published for entry in heard])
    encodes = np.diff(published)
    ages = published[1:] - np.array([entry.stamp for entry in heard[1:]])
    first, last = heard[0], heard[-1]
    between = sum(first.stamp < stamp <= last.stamp for stamp in sent)
    answered, dropped = len(heard) - 1, last.dropped - first.dropped
    return {
        "age ms": spread(1e3 * ages).as_dict(),
        "encode ms": spread(1e3 * encodes).as_dict(),
        "age beyond its encode, in frames": {
            str(share): float(np.percentile((ages - encodes) * fps, share)) for share in (50, 90, 99)
        },
        "frames sent": between,
        "answered": answered,
        "dropped": dropped,
        "not accounted for": between - answered - dropped,
    }


def _rate_row(encoder: str, found: dict[str, Any]) -> BenchRow:
    ratio, node, bare = found["rate ratio"], found["node Hz"], found["bare encoder Hz"]
    target = RATE_TARGETS[encoder]
    return BenchRow(
        f"pipeline rate against the bare encoder in a loop ({encoder})",
        f"≥ {target}",
        f"{ratio['median']:.3f} ({ratio['low']:.3f} … {ratio['high']:.3f}); {node['median']:.1f} against "
        f"{bare['median']:.1f} a second, camera at {found['camera Hz in the turns']:.0f} fps",
        ratio["median"] >= target,
        {"rate" if encoder == "CLIP" else f"rate, {encoder}": ratio["median"]},
        found,
    )


def _age_row(found: dict[str, Any]) -> BenchRow:
    age, encode, beyond = found["age ms"], found["encode ms"], found["age beyond its encode, in frames"]
    return BenchRow(
        f"age of what a result describes, camera at {FPS:g} fps",
        "≤ one encode and one frame (99 of 100 results)",
        f"{age['median']:.0f} ms, one encode {encode['median']:.0f} ms; beyond it "
        f"{beyond['50']:.2f} frames in the middle, {beyond['99']:.2f} at the 99th of 100",
        beyond["99"] <= 1.0,
    )


def _drops_row(found: dict[str, Any]) -> BenchRow:
    lost, sent = found["not accounted for"], found["frames sent"]
    return BenchRow(
        "frames dropped for newer ones are counted",
        "sent = answered + dropped, less at most 1 % lost on the wire (best effort)",
        f"{sent} sent = {found['answered']} answered + {found['dropped']} dropped + {lost} lost "
        f"({lost / max(1, sent):.1%})",
        0 <= lost <= max(2, 0.01 * sent),
    )


def _memory_row(found: dict[str, Any]) -> BenchRow:
    held = found["resident MB"]
    fifth = max(1, len(held) // 5)
    start, end = float(np.median(held[fifth : 2 * fifth] or held)), float(np.median(held[-fifth:]))
    growth = end / start - 1
    return BenchRow(
        "memory of the node, flat",
        f"grows by at most {GROWTH_LIMIT:.0%} over 10 minutes",
        f"{growth:+.2%} over {found['seconds']:.0f} s ({start:.0f} MB, then {end:.0f} MB)",
        growth <= GROWTH_LIMIT,
    )
