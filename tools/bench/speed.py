# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Frame to decision against the reference loop."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from tools.bench import entrants, peers
from tools.bench.ceiling import ceiling
from tools.bench.kind import SPEEDUPS, kind_of
from tools.bench.machine import describe
from tools.bench.random_clip import clip
from tools.bench.row import BenchRow, failed
from vfrt_ros.bench.contest import ContestResult, contest
from vfrt_ros.bench.entrants import vfrt
from vfrt_ros.bench.isolated import BenchError, isolated
from vfrt_ros.bench.materials import encoders_of, frames
from vfrt_ros.core.encoders.clip.files import find_model

COSINE = 0.999
EXACT = ("f32", "bf16", "f16")
NAMES = {
    "clip": "CLIP ViT-B/32, frame to decision",
    "int8": "CLIP ViT-B/32 in int8, frame to decision",
    "embedded": "embedded, frame to decision",
}


def measure(quick: bool) -> list[BenchRow]:
    """The rows of frame to decision, and of other runtimes beside ours."""
    wanted = SPEEDUPS[kind_of(describe()["matrix arithmetic"])]
    backbone, trained = clip()
    folder = str(find_model(backbone))
    with_precision = {
        f"clip {precision}": (vfrt, {"backbone": backbone, "precision": precision})
        for precision in (("auto", "int8") if quick else (*EXACT, "int8"))
    }
    outcome = contest(
        {
            "reference": (entrants.reference, {"folder": folder}),
            "embedded": (vfrt, {"backbone": "embedded"}),
            **with_precision,
            **({} if quick else peers.contestants(folder)),
        },
        rounds=4 if quick else 16,
        steps=5 if quick else 8,
    )
    if "reference" in outcome.failures:
        raise BenchError(outcome.failures["reference"])
    precisions = [name.removeprefix("clip ") for name in with_precision if name not in outcome.failures]
    cosines = isolated(accuracy, backbone=backbone, precisions=precisions)
    best = _best(outcome, cosines)
    rows = [
        _clip_row(outcome, cosines, trained, best, folder, wanted["clip"]),
        _int8_row(outcome, cosines, trained, wanted["int8"]),
        _embedded_row(outcome, wanted["embedded"]),
    ]
    return rows if quick else [*rows, peers.row(outcome, best or "clip f32")]


def accuracy(backbone: str, precisions: list[str]) -> dict[str, dict[str, float]]:
    """How far each precision's embeddings are from those of f32, on the frames.

    Returns:
        By precision: the least cosine, the least cosine after the mean embedding was taken away (random
        weights make all embeddings alike, and so the plain cosine too kind), and the share of frames whose
        nearest other frame is the same.
    """
    pictures = [cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) for frame in frames()]
    exact = encoders_of(backbone, "f32").backbone
    vectors = exact.encode_images(pictures)
    compared = {}
    for precision in precisions:
        other = encoders_of(backbone, precision).backbone
        same = other.fingerprint == exact.fingerprint
        compared[precision] = _compare(vectors, vectors if same else other.encode_images(pictures))
    return compared


def _compare(exact: np.ndarray, other: np.ndarray) -> dict[str, float]:
    centre = exact.mean(axis=0)
    return {
        "cosine": float(_cosines(exact, other).min()),
        "centred cosine": float(_cosines(exact - centre, other - centre).min()),
        "same neighbour": float((_nearest(exact) == _nearest(other)).mean()),
    }


def _cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return np.asarray((left * right).sum(axis=1) / np.maximum(norms, 1e-12))


def _nearest(rows: np.ndarray) -> np.ndarray:
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -1.0)
    return cosines.argmax(axis=1)


def _best(outcome: ContestResult, cosines: dict[str, dict[str, float]]) -> str:
    """Our fastest entry whose embeddings are those of f32; empty = none."""
    able = [n for n in outcome.rounds if n.startswith("clip ") and n != "clip int8"]
    good = [n for n in able if cosines[n.removeprefix("clip ")]["cosine"] >= COSINE]
    return max(good, key=lambda entry: outcome.ratio(entry, "reference").median, default="")


def _clip_row(
    outcome: ContestResult,
    cosines: dict[str, dict[str, float]],
    trained: bool,
    best: str,
    folder: str,
    wanted: float,
) -> BenchRow:
    name, target = NAMES["clip"], f"≥ {wanted:g} × the reference, cosine to f32 ≥ {COSINE}"
    if not best:
        return failed(name, target, "; ".join(outcome.failures.values()) or "no precision is close enough")
    able = [n for n in outcome.rounds if n.startswith("clip ") and n != "clip int8"]
    ratio, own = outcome.ratio(best, "reference"), cosines[best.removeprefix("clip ")]
    most = ceiling(folder, own_precision(folder, best.removeprefix("clip ")))
    figure = (
        f"{ratio.text()} ×, {best.removeprefix('clip ')}, cosine {own['cosine']:.5f} "
        f"({_weights(trained)}); {_milliseconds(outcome, best)}; its runtime's best matrix product "
        f"allows {_ms(outcome, 'reference')['median'] / most['ms']:.1f} × at most ({most['GFLOP']:.1f} GFLOP at "
        f"{most['GFLOP a second']:.0f} a second)"
    )
    return BenchRow(
        name, target, figure, ratio.median >= wanted, {"clip": ratio.median},
        {
            "reference ms": _ms(outcome, "reference"),
            "by precision": {n: {"ms": _ms(outcome, n), "ratio": outcome.ratio(n, "reference").median} for n in able},
            "accuracy": cosines,
            "ceiling": most,
            "not able": dict(outcome.failures),
        },
    )  # fmt: skip


def own_precision(folder: str, asked: str) -> str:
    """The precision that `auto` is on this machine, from what was measured when the model was compiled."""
    if asked != "auto":
        return asked
    return str(isolated(settled_precision, backbone=f"hf:{folder}"))


def settled_precision(backbone: str) -> str:
    """The precision that a backbone runs in with `auto`."""
    return encoders_of(backbone).backbone.fingerprint.rpartition("-")[2]


def _int8_row(
    outcome: ContestResult, cosines: dict[str, dict[str, float]], trained: bool, wanted: float
) -> BenchRow:
    name, target = NAMES["int8"], f"≥ {wanted:g} × the reference, its accuracy cost told"
    entry = "clip int8"
    if entry in outcome.failures:
        return failed(name, target, outcome.failures[entry])
    ratio, own = outcome.ratio(entry, "reference"), cosines["int8"]
    figure = (
        f"{ratio.text()} ×; {_milliseconds(outcome, entry)}; cosine to f32 {own['cosine']:.4f}, "
        f"{own['centred cosine']:.3f} less the mean, same nearest frame {own['same neighbour']:.0%} "
        f"({_weights(trained)})"
    )
    return BenchRow(name, target, figure, ratio.median >= wanted, {"int8": ratio.median}, {"accuracy": own})


def _embedded_row(outcome: ContestResult, wanted: float) -> BenchRow:
    name, target = NAMES["embedded"], f"≥ {wanted:g} × the CLIP reference"
    if "embedded" in outcome.failures:
        return failed(name, target, outcome.failures["embedded"])
    ratio = outcome.ratio("embedded", "reference")
    figure = f"{ratio.text(digits=1)} ×; {_milliseconds(outcome, 'embedded')}"
    return BenchRow(name, target, figure, ratio.median >= wanted, {"embedded": ratio.median})


def _milliseconds(outcome: ContestResult, name: str) -> str:
    own, theirs = outcome.seconds(name).median, outcome.seconds("reference").median
    return f"{1e3 * own:.1f} ms against {1e3 * theirs:.1f} ms"


def _ms(outcome: ContestResult, name: str) -> dict[str, Any]:
    return {
        key: round(1e3 * value, 3) for key, value in outcome.seconds(name).as_dict().items() if key != "n"
    }


def _weights(trained: bool) -> str:
    return "trained weights" if trained else "random weights"
