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


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>vfrt evaluation: {{ about.dataset }}</title>
<style>
  :root { --ink: #1f2933; --soft: #616e7c; --line: #d9dee4; --paper: #fff; --best: #e3f3ec; --accent: #0b6e4f }
  * { box-sizing: border-box }
  body { margin: 0; background: #f3f5f7; color: var(--ink); font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif }
  main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 64px }
  h1 { font-size: 26px; margin: 0 0 4px } h2 { font-size: 18px; margin: 36px 0 10px }
  p { margin: 6px 0 12px; color: var(--soft); max-width: 78ch }
  .card { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 16px;
    overflow-x: auto }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 0 }
  dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 13.5px }
  th, td { padding: 6px 9px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line) }
  th { font-weight: 600; color: var(--soft); border-bottom-width: 2px }
  th:first-child, td:first-child { text-align: left; padding-left: 4px }
  tr:last-child td { border-bottom: 0 }
  td.best { background: var(--best); font-weight: 600; color: var(--accent) }
  small { color: var(--soft); font-weight: 400 }
  .pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(430px, 1fr)); gap: 16px }
  figure { margin: 0 } figcaption { font-weight: 600; margin-bottom: 6px }
  figure svg { width: 100%; height: auto; display: block }
  .wide svg { max-width: 780px; margin: 0 auto }
  details summary { cursor: pointer; font-weight: 600 }
  code { background: #e9edf1; border-radius: 4px; padding: 1px 5px; font-size: 13px }
</style>
</head>
<body><main>
<h1>{{ about.dataset }}</h1>
<p>How well objects that were shown a few times are recognised, and objects that were never shown are called
unknown. Means over {{ about.episodes }} random episodes, ± half of a 95 % confidence interval.</p>
<div class="card"><dl>
{% for name, value in about.items() %}<dt>{{ name | replace("_", " ") }}</dt><dd>{{ value }}</dd>
{% endfor %}</dl></div>

{% for shots, table in tables %}
<h2>{{ shots }} {{ "example" if shots == 1 else "examples" }} of each label</h2>
<div class="card"><table>
<tr><th>method</th>
{% for column in columns %}<th title="{{ column.meaning }}">{{ column.heading }}</th>{% endfor %}</tr>
{% for method, cells in table %}<tr><td>{{ method }}</td>{% for cell in cells %}
  <td{% if cell.best %} class="best"{% endif %}>{{ cell.mean }}{% if cell.half %} <small>± {{ cell.half }}</small>
  {% endif %}</td>{% endfor %}</tr>
{% endfor %}</table></div>
{% endfor %}
<p>↑ higher is better, ↓ lower is better; the best of each column is marked. A dash: the method gives no
probability or has no threshold, so that it cannot be measured by this.</p>

<h2>Pictures</h2>
<div class="pictures">
{% for title, picture in pictures %}<figure class="card"><figcaption>{{ title }}</figcaption>{{ picture }}</figure>
{% endfor %}</div>
{% for title, picture in matrices %}
<h2>{{ title }}</h2>
<figure class="card wide">{{ picture }}</figure>
{% endfor %}

{% if classes %}
<h2>Each label</h2>
<p>{{ main_method }}, {{ most_shots }} examples of each label; the hardest first. Unknown objects are those of
the episodes in which the label was known.</p>
<div class="card"><table>
<tr><th>label</th>
{% for column in class_columns %}<th title="{{ column.meaning }}">{{ column.heading }}</th>{% endfor %}
<th>episodes</th></tr>
{% for label, cells, count in classes %}<tr><td>{{ label }}</td>{% for cell in cells %}
  <td>{{ cell.mean }}{% if cell.half %} <small>± {{ cell.half }}</small>{% endif %}</td>{% endfor %}
  <td>{{ count }}</td></tr>
{% endfor %}</table></div>
{% endif %}

<h2>What the columns mean</h2>
<div class="card"><dl>{% for column in columns %}<dt>{{ column.title }}</dt><dd>{{ column.meaning }}</dd>
{% endfor %}</dl></div>
</main></body>
</html>
"""
