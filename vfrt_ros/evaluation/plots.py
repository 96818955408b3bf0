# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The pictures of a report, as SVG that can stand inside a page."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from vfrt_ros.evaluation.estimate import Estimate
from vfrt_ros.evaluation.metrics import half_and_half
from vfrt_ros.evaluation.outcome import Ints, Outcome

COLOURS = {
    "calibrated": "#0b6e4f", "late": "#c8553d", "gda": "#3d5a80", "ncm": "#8d99ae", "ncm+text": "#b08ea2",
    "knn": "#9a8c98", "tip": "#e0a458", "text": "#7a6c5d",
}  # fmt: skip
OTHER = "#555555"
INK, FAINT = "#1f2933", "#d9dee4"
BINS = 10
READABLE = 30
"""More classes than this, and their names would not be readable beside a confusion matrix."""


def accuracy_against_shots(curves: Mapping[str, Mapping[int, Estimate]]) -> str:
    """Top-1 over the number of examples, with its confidence band.

    Args:
        curves: By method, then by shots.
    """
    figure, axes = _canvas("Examples of each label", "Top-1 accuracy")
    ticks = sorted({shots for curve in curves.values() for shots in curve})
    for method, curve in curves.items():
        shots = sorted(curve)
        means = np.array([curve[n].mean for n in shots])
        halves = np.nan_to_num(np.array([curve[n].half_width for n in shots]))
        at = [ticks.index(n) for n in shots]
        axes.plot(at, means, marker="o", markersize=4, **_line(method))
        axes.fill_between(at, means - halves, means + halves, color=_colour(method), alpha=0.08, linewidth=0)
    axes.set_xticks(range(len(ticks)), [str(n) for n in ticks])
    low, high = axes.get_ylim()
    axes.set(xlim=(-0.2, len(ticks) - 0.8), ylim=(max(0.0, low), min(1.0, high)))
    return _svg(figure, axes, "lower right")


def roc(outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """Known objects recognised as known, against unknown ones taken for known; by method, all episodes."""
    figure, axes = _canvas("Unknown objects taken for known", "Taught objects taken for known")
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    for method, own in outcomes.items():
        known = np.concatenate([one.known for one in own])
        false, true, _ = roc_curve(known, np.concatenate([one.familiarity for one in own]))
        axes.plot(false, true, **_line(method))
    axes.set(xlim=(0, 1), ylim=(0, 1.01))
    return _svg(figure, axes, "lower right")


def reliability(outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """How often the best label is right against the score that it was given; the dot's size is the bin's."""
    figure, axes = _canvas("Score of the best label", "Share that is right")
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    for method, own in outcomes.items():
        scores, right, weights = reliability_bins(own)
        axes.plot(scores, right, **_line(method))
        axes.scatter(scores, right, s=8 + 160 * weights, color=_colour(method), zorder=3)
    axes.set(xlim=(0, 1), ylim=(0, 1.01))
    return _svg(figure, axes, "upper left")


def reliability_bins(outcomes: Sequence[Outcome]) -> tuple[Any, Any, Any]:
    """Ten equally wide bins of the score, taught and unknown objects weighing the same; empty ones left out.

    Returns:
        (b,) mean score, share right and weight of each bin; the weights sum to 1.
    """
    score = np.concatenate([one.score for one in outcomes])
    right = np.concatenate([one.right & one.known for one in outcomes])
    parts = [half_and_half(int(one.known.sum()), int((~one.known).sum())) for one in outcomes]
    weights = np.concatenate(parts) / sum(part.sum() for part in parts)
    index = np.clip((score * BINS).astype(int), 0, BINS - 1)
    total = np.bincount(index, weights, BINS)
    kept = total > 0
    means = [np.bincount(index, weights * values, BINS)[kept] / total[kept] for values in (score, right)]
    return means[0], means[1], total[kept]


def confusion_matrix(table: Ints, labels: Sequence[str]) -> str:
    """Which label was answered for which, as shares of each row.

    Args:
        table: (c + 1, c + 1) as `outcome.confusion` gives it.
        labels: c names.
    """
    kept = np.flatnonzero(table.sum(axis=1) + table.sum(axis=0))
    counts = table[np.ix_(kept, kept)]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = [(*labels, "unknown")[i] for i in kept]
    side = 5.2 if len(names) <= READABLE else 6.4
    figure = Figure(figsize=(side + 1.6, side + 1.0), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Greens", vmin=0, vmax=1, interpolation="nearest")
    size = float(np.clip(240 / len(names), 3.5, 9))
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=size)
    axes.set_yticks(range(len(names)), names, fontsize=size)
    axes.set_xlabel("Answer", color=INK)
    axes.set_ylabel("What is shown", color=INK)
    axes.tick_params(length=0, colors=INK)
    axes.spines[:].set_color(FAINT)
    colours = figure.colorbar(image, ax=axes, shrink=0.7, label="Share of the row")
    colours.outline.set_visible(False)
    return _text(figure)


def _canvas(x: str, y: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(5.6, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(x, color=INK)
    axes.set_ylabel(y, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#9aa5b1")
    axes.tick_params(colors=INK, length=3)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _line(method: str) -> dict[str, Any]:
    strong = method == "calibrated"
    return {
        "color": _colour(method),
        "label": method,
        "linewidth": 2.2 if strong else 1.3,
        "zorder": 2 + strong,
    }


def _colour(method: str) -> str:
    return COLOURS.get(method, OTHER)


def _svg(figure: Figure, axes: Any, place: str) -> str:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc=place, frameon=True, framealpha=0.85, edgecolor="none", fontsize=8.5, labelcolor=INK)
    return _text(figure)


def _text(figure: Figure) -> str:
    """The SVG element alone, with ids of its own so that several can stand in one page."""
    buffer = io.StringIO()
    with rc_context({"svg.hashsalt": "vfrt"}):
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    mark = f"p{zlib.crc32(svg.encode()):08x}"
    svg = re.sub(r'(\bid="|xlink:href="#|url\(#)', rf"\g<1>{mark}-", svg)
    return svg.replace("<svg ", '<svg role="img" ', 1)
