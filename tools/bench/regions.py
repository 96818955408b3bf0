# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Objects in a frame: scoring many at once, and frames a second with so many boxes in each."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from tools.bench.row import BenchRow
from vfrt_ros.bench.isolated import isolated
from vfrt_ros.bench.materials import EXAMPLES, LABELS, frames, recogniser, vectors
from vfrt_ros.core.types.region import Box, Region

TOGETHER, TIMES = 20, 4.0
"""Regions that are scored in one go, in at most so many times the time of one."""
RATES = {5: 30.0, 10: 20.0}
"""Boxes in a frame to the frames a second that are asked for, with `embedded` in bf16 on two cores."""
BACKBONE = "embedded"


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
                f"≥ {wanted:g} frames a second in bf16 on two cores",
                f"{found['rate']:.1f} a second ({found['ms']:.1f} ms), {found['precision']}",
                found["rate"] >= wanted,
                {f"rate with {boxes} boxes": found["rate"] / wanted},
                found,
            )
        )
    return rows


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
    height, width = picture.shape[:2]
    side = height // 3
    places = np.linspace(0, width - side, boxes).astype(int)
    regions = [Region(Box(int(x), int(n % 3 * side), side, side)) for n, x in enumerate(places)]
    taken = []
    for number in range(count + 5):
        start = time.perf_counter()
        made.decide(made.observe(picture, number / 30), bgr=picture)
        made.decide_objects(made.observe_regions(picture, regions, number / 30), number / 30)
        taken.append(time.perf_counter() - start)
    median = float(np.median(taken[5:]))
    choice = getattr(made.encoders.backbone, "choice", None)
    return {"rate": 1 / median, "ms": 1e3 * median, "precision": getattr(choice, "precision", "f32")}
