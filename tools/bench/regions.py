# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Objects in a frame: scoring many at once, frames a second with boxes in each, and how soon boxes are answered."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tools.bench.row import BenchRow
from tools.bench.served import Served, node_command
from vfrt_ros.bench.isolated import isolated
from vfrt_ros.bench.materials import EXAMPLES, LABELS, encoders_of, frames, recogniser, vectors
from vfrt_ros.core.types.region import Box, Region

TOGETHER, TIMES = 20, 4.0
"""Regions that are scored in one go, in at most so many times the time of one."""
RATES = {5: 30.0, 10: 20.0}
"""Boxes in a frame to the frames a second that are asked for, with `embedded` in 16 bits on two cores."""
BACKBONE = "embedded"
FPS, BOXES = 30.0, 5
"""Of the camera and in each of its frames, while it is measured how soon boxes are answered."""
SECONDS, QUICK_SECONDS = 20.0, 4.0


def measure(quick: bool) -> list[BenchRow]:
    """A row for scoring and one for each number of boxes."""
    scored = isolated(score, turns=40 if quick else 200)
    rows = [
        BenchRow(
            f"objects: scoring {TOGETHER} regions in one go, {EXAMPLES:,} examples of {LABELS} labels",
            f"≤ {TIMES:g} × the time of one",
            f"{scored['times']:.1f} × ({scored['many ms']:.2f} against {scored['one ms']:.2f} ms)",
            scored["times"] <= TIMES,
            {"scoring regions together": TIMES / scored["times"]},
            scored,
        )
    ]
    for boxes, wanted in RATES.items():
        found = isolated(rate, boxes=boxes, count=10 if quick else 60)
        rows.append(
            BenchRow(
                f"objects: {boxes} boxes a frame with {BACKBONE}, frame to objects",
                f"≥ {wanted:g} frames a second in 16 bits on two cores",
                f"{found['rate']:.1f} a second ({found['ms']:.1f} ms), {found['precision']}",
                found["rate"] >= wanted,
                {f"rate with {boxes} boxes": found["rate"] / wanted},
                found,
            )
        )
    return [*rows, _answer_row(isolated(answer, seconds=QUICK_SECONDS if quick else SECONDS))]


def _answer_row(found: Mapping[str, Any]) -> BenchRow:
    allowed = 1e3 / FPS + BOXES * found["encode ms"]
    return BenchRow(
        f"objects: from {BOXES} boxes on the topic to their answer with {BACKBONE}, camera at {FPS:g} fps",
        "≤ one frame and one encode a box (99 of 100 answers)",
        f"{found['99th ms']:.0f} ms, {found['median ms']:.0f} ms in the middle; allowed are {allowed:.0f}, of which an "
        f"encode {found['encode ms']:.1f}; {found['answered']} of {found['sent']} were answered",
        found["99th ms"] <= allowed,
        {"answers to boxes": allowed / found["99th ms"]},
        dict(found),
    )


def answer(
    seconds: float, backbone: str = BACKBONE, examples: int = EXAMPLES, labels: int = LABELS
) -> dict[str, Any]:
    """A node that gets a camera's frames and the boxes of each, as soon as the frame itself.

    Args:
        seconds: For which it is measured.
        backbone, examples, labels: Of the node.
    """
    places = _places(BOXES)
    with tempfile.TemporaryDirectory() as folder:
        command = node_command(backbone, examples, labels, regions="topic")
        with Served(command, Path(folder) / "node.log", boxes=places) as node:
            node.start_camera(FPS)
            node.first_answer()
            time.sleep(1.0)
            began = time.time()
            time.sleep(seconds)
            ended = time.time()
            node.stop_camera()
            time.sleep(0.5)
            sent = {stamp: at for stamp, at in node.boxed.items() if began <= at < ended}
            took = [1e3 * (node.objects[stamp] - at) for stamp, at in sent.items() if stamp in node.objects]
    return {
        "sent": len(sent),
        "answered": len(took),
        "median ms": float(np.median(took)),
        "99th ms": float(np.percentile(took, 99)),
        "encode ms": _encode(backbone),
    }


def _encode(backbone: str) -> float:
    """Milliseconds that one box takes to be encoded by itself; the median."""
    picture, box = frames(1)[0], _places(1)[0]
    crop = np.ascontiguousarray(picture[box.y : box.bottom, box.x : box.right, ::-1])
    encode = encoders_of(backbone).backbone.encode_images
    taken = []
    for _ in range(40):
        start = time.perf_counter()
        encode([crop])
        taken.append(time.perf_counter() - start)
    return 1e3 * float(np.median(taken[5:]))


def _places(boxes: int) -> list[Box]:
    """So many boxes of a third of the picture's height."""
    height, width = frames(1)[0].shape[:2]
    side = height // 3
    across = np.linspace(0, width - side, boxes).astype(int)
    return [Box(int(x), int(n % 3 * side), side, side) for n, x in enumerate(across)]


def score(turns: int, backbone: str = BACKBONE, **memory: Any) -> dict[str, float]:
    """Evidence and scores of one embedding against those of many, in turns; medians."""
    made = recogniser(backbone, **memory)
    rule = made.rule
    many = vectors(TOGETHER, made.memory.encoder.dim, TOGETHER, seed=7)
    sides: tuple[list[float], list[float]] = ([], [])
    for number in range(2 * turns):
        rows = many[:1] if number % 2 == 0 else many
        start = time.perf_counter()
        rule.conclude_each(rule.evidence_each(rows))
        sides[number % 2].append(time.perf_counter() - start)
    one, together = (1e3 * float(np.median(side)) for side in sides)
    return {"one ms": one, "many ms": together, "times": together / one}


def rate(boxes: int, count: int, backbone: str = BACKBONE, **memory: Any) -> dict[str, Any]:
    """Whole frames and so many boxes in each, one after the other, from the picture to both answers."""
    made = recogniser(backbone, **memory)
    picture = frames(1)[0]
    regions = [Region(box) for box in _places(boxes)]
    taken = []
    for number in range(count + 5):
        start = time.perf_counter()
        made.decide(made.observe(picture, number / 30), bgr=picture)
        made.decide_objects(made.observe_regions(picture, regions, number / 30), number / 30)
        taken.append(time.perf_counter() - start)
    median = float(np.median(taken[5:]))
    choice = getattr(made.encoders.backbone, "choice", None)
    return {"rate": 1 / median, "ms": 1e3 * median, "precision": getattr(choice, "precision", "f32")}
