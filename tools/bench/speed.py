# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Frame to decision against the reference loop."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from tools.bench.ceiling import ceiling
from tools.bench.row import Row, failed
from vfrt_ros.bench import entrants
from vfrt_ros.bench.contest import Outcome, contest
from vfrt_ros.bench.isolated import BenchError, isolated
from vfrt_ros.bench.materials import clip, encoders_of, frames
from vfrt_ros.core.encoders.clip.files import find_model

CLIP_TARGET, INT8_TARGET, EMBEDDED_TARGET = 3.5, 5.0, 15.0
COSINE = 0.999
EXACT = ("f32", "bf16", "f16")
NAMES = {
    "clip": "CLIP ViT-B/32, frame to decision",
    "int8": "CLIP ViT-B/32 in int8, frame to decision",
    "embedded": "embedded, frame to decision",
}


def measure(quick: bool) -> list[Row]:
    """The rows of frame to decision."""
    backbone, trained = clip()
    folder = str(find_model(backbone))
    with_precision = {
        f"clip {precision}": (entrants.vfrt, {"backbone": backbone, "precision": precision})
        for precision in (("auto", "int8") if quick else (*EXACT, "int8"))
    }
    outcome = contest(
        {
            "reference": (entrants.reference, {"folder": folder}),
            "embedded": (entrants.vfrt, {"backbone": "embedded"}),
            **with_precision,
        },
        rounds=4 if quick else 16,
        steps=5 if quick else 8,
    )
    if "reference" in outcome.failures:
        raise BenchError(outcome.failures["reference"])
    precisions = [name.removeprefix("clip ") for name in with_precision if name not in outcome.failures]
    cosines = isolated(accuracy, backbone=backbone, precisions=precisions)
    return [
        _clip_row(outcome, cosines, trained, ceiling(folder)),
        _int8_row(outcome, cosines, trained),
        _embedded_row(outcome),
    ]


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


def _clip_row(
    outcome: Outcome, cosines: dict[str, dict[str, float]], trained: bool, most: dict[str, float]
) -> Row:
    name, target = NAMES["clip"], f"≥ {CLIP_TARGET} × the reference, cosine to f32 ≥ {COSINE}"
    able = [n for n in outcome.rounds if n.startswith("clip ") and n != "clip int8"]
    good = [n for n in able if cosines[n.removeprefix("clip ")]["cosine"] >= COSINE]
    if not good:
        return failed(name, target, "; ".join(outcome.failures.values()) or "no precision is close enough")
    best = max(good, key=lambda entry: outcome.ratio(entry, "reference").median)
    ratio, own = outcome.ratio(best, "reference"), cosines[best.removeprefix("clip ")]
    figure = (
        f"{ratio.text()} ×, {best.removeprefix('clip ')}, cosine {own['cosine']:.5f} "
        f"({_weights(trained)}); {_milliseconds(outcome, best)}; in f32 this processor allows "
        f"{_ms(outcome, 'reference')['median'] / most['ms']:.1f} × at most ({most['GFLOP']:.1f} GFLOP at "
        f"{most['GFLOP a second']:.0f} a second, its best matrix product)"
    )
    return Row(
        name, target, figure, ratio.median >= CLIP_TARGET, {"clip": ratio.median},
        {
            "reference ms": _ms(outcome, "reference"),
            "by precision": {n: {"ms": _ms(outcome, n), "ratio": outcome.ratio(n, "reference").median} for n in able},
            "accuracy": cosines,
            "ceiling in f32": most,
            "not able": dict(outcome.failures),
        },
    )  # fmt: skip


def _int8_row(outcome: Outcome, cosines: dict[str, dict[str, float]], trained: bool) -> Row:
    name, target = NAMES["int8"], f"≥ {INT8_TARGET:g} × the reference, its accuracy cost told"
    entry = "clip int8"
    if entry in outcome.failures:
        return failed(name, target, outcome.failures[entry])
    ratio, own = outcome.ratio(entry, "reference"), cosines["int8"]
    figure = (
        f"{ratio.text()} ×; {_milliseconds(outcome, entry)}; cosine to f32 {own['cosine']:.4f}, "
        f"{own['centred cosine']:.3f} less the mean, same nearest frame {own['same neighbour']:.0%} "
        f"({_weights(trained)})"
    )
    return Row(name, target, figure, ratio.median >= INT8_TARGET, {"int8": ratio.median}, {"accuracy": own})


def _embedded_row(outcome: Outcome) -> Row:
    name, target = NAMES["embedded"], f"≥ {EMBEDDED_TARGET:g} × the CLIP reference"
    if "embedded" in outcome.failures:
        return failed(name, target, outcome.failures["embedded"])
    ratio = outcome.ratio("embedded", "reference")
    figure = f"{ratio.text(digits=1)} ×; {_milliseconds(outcome, 'embedded')}"
    return Row(name, target, figure, ratio.median >= EMBEDDED_TARGET, {"embedded": ratio.median})


def _milliseconds(outcome: Outcome, name: str) -> str:
    own, theirs = outcome.seconds(name).median, outcome.seconds("reference").median
    return f"{1e3 * own:.1f} ms against {1e3 * theirs:.1f} ms"


def _ms(outcome: Outcome, name: str) -> dict[str, Any]:
    return {
        key: round(1e3 * value, 3) for key, value in outcome.seconds(name).as_dict().items() if key != "n"
    }


def _weights(trained: bool) -> str:
    return "trained weights" if trained else "random weights"
