# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One page that a person can open: tables and pictures of an evaluation, all in one file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from vfrt_ros.core.types.counted import counted
from vfrt_ros.evaluation import plots
from vfrt_ros.evaluation.estimate import Estimate
from vfrt_ros.evaluation.metric_names import METRICS
from vfrt_ros.evaluation.outcome import confusion
from vfrt_ros.evaluation.report_page import PAGE
from vfrt_ros.evaluation.summary import Figures, Summary

CLASS_METRICS = ("top1", "auroc", "fpr95", "oscr", "rejected")
DIGITS = 3


def render(summary: Summary) -> str:
    """The page as HTML."""
    shots = sorted({shots for curve in summary.figures.values() for shots in curve})
    main = main_method(summary)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(PAGE).render(
        about=summary.about,
        columns=list(METRICS.values()),
        tables=[(count, figure_table(summary, count)) for count in shots],
        pictures=[(title, Markup(svg)) for title, svg in _pictures(summary)],
        matrices=[(title, Markup(svg)) for title, svg in _matrices(summary, main)],
        class_columns=[METRICS[metric] for metric in CLASS_METRICS],
        classes=_class_table(summary, main),
        main_method=main,
        most_shots=summary.most_shots,
    )


def main_method(summary: Summary) -> str:
    """The method that the details are about: calibrated if it was evaluated, else the first."""
    return "calibrated" if "calibrated" in summary.methods else summary.methods[0]


def figure_table(summary: Summary, shots: int) -> list[tuple[str, list[dict[str, Any]]]]:
    """For each method the cells of its row, the best of each column marked."""
    rows = [(method, curve[shots]) for method, curve in summary.figures.items() if shots in curve]
    best = {metric: _best(metric, [figures for _, figures in rows]) for metric in METRICS}
    return [(method, [_cell(figures[m], best[m]) for m in METRICS]) for method, figures in rows]


def _best(metric: str, rows: Sequence[Figures]) -> float | None:
    """The best value of a column as it is shown; None where there is nothing to compare or to prefer."""
    means = [round(own.mean, DIGITS) for row in rows if (own := row[metric]) is not None]
    if len(means) < 2 or METRICS[metric].higher is None:
        return None
    return max(means) if METRICS[metric].higher else min(means)


def _cell(own: Estimate | None, best: float | None = None) -> dict[str, Any]:
    if own is None:
        return {"mean": "–", "half": "", "best": False}
    half = f"{own.half_width:.{DIGITS}f}" if own.half_width == own.half_width else ""
    return {
        "mean": f"{own.mean:.{DIGITS}f}",
        "half": half,
        "best": best is not None and round(own.mean, DIGITS) == best,
    }


def _pictures(summary: Summary) -> Iterable[tuple[str, str]]:
    curves = {
        method: {shots: own for shots, figures in curve.items() if (own := figures["top1"]) is not None}
        for method, curve in summary.figures.items()
    }
    if any(len(curve) > 1 for curve in curves.values()):
        yield "Accuracy against examples", plots.accuracy_against_shots(curves)
    most = summary.most_shots
    outcomes = {method: own[most] for method, own in summary.outcomes.items() if most in own}
    if any(not one.known.all() for own in outcomes.values() for one in own):
        yield f"Known against unknown ({counted(most, 'example')})", plots.roc(outcomes)
    scored = {method: own for method, own in outcomes.items() if all(one.has_score for one in own)}
    if scored:
        yield f"Reliability of the score ({counted(most, 'example')})", plots.reliability(scored)


def _matrices(summary: Summary, method: str) -> Iterable[tuple[str, str]]:
    own = summary.outcomes[method]
    most = max(own)
    table = confusion(own[most], len(summary.labels))
    yield f"Confusion of {method}, {counted(most, 'example')}", plots.confusion_matrix(table, summary.labels)


def _class_table(summary: Summary, method: str) -> list[tuple[str, list[dict[str, Any]], int]]:
    own = summary.classes.get(method, {})
    table = own[max(own)] if own else {}

    def difficulty(entry: tuple[str, Figures]) -> float:
        top1 = entry[1]["top1"]
        return top1.mean if top1 is not None else 0.0

    return [
        (label, [_cell(figures[metric]) for metric in CLASS_METRICS], _count(figures))
        for label, figures in sorted(table.items(), key=difficulty)
    ]


def _count(figures: Figures) -> int:
    return max((own.count for own in figures.values() if own is not None), default=0)
