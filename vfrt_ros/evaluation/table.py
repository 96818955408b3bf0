# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""An evaluation as a table in the terminal."""

from __future__ import annotations

from rich.table import Table

from vfrt_ros.evaluation.metric_names import METRICS
from vfrt_ros.evaluation.report import figure_table
from vfrt_ros.evaluation.summary import Summary


def terminal_tables(summary: Summary) -> list[Table]:
    """A table for each number of examples: means and half-widths of their intervals, the best in bold."""
    counts = sorted({shots for curve in summary.figures.values() for shots in curve})
    return [_table(summary, shots) for shots in counts]


def _table(summary: Summary, shots: int) -> Table:
    title = f"{summary.about['ways']}-way, {shots} {'example' if shots == 1 else 'examples'} of each label"
    table = Table(title=title, title_justify="left")
    table.add_column("method", no_wrap=True)
    for metric in METRICS.values():
        table.add_column(metric.heading, justify="right")
    for method, cells in figure_table(summary, shots):
        table.add_row(method, *(_text(cell) for cell in cells))
    return table


def _text(cell: dict[str, object]) -> str:
    text = f"[bold]{cell['mean']}[/bold]" if cell["best"] else f"{cell['mean']}"
    return f"{text} [dim]±{cell['half']}[/dim]" if cell["half"] else text
