# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The bar as tables in the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table

from tools.eval_bar.accuracy import METHODS, Setting
from tools.eval_bar.bar import Bar
from tools.eval_bar.learning import STEP
from vfrt_ros.evaluation.methods import Method


def bar_tables(bar: Bar) -> RenderableType:
    """Every method in every setting, the curve of learning, and every check with its result."""
    datas = dict.fromkeys(setting.data for setting in bar.settings)
    tables = [comparison([setting for setting in bar.settings if setting.data == data]) for data in datas]
    return Group(*tables, learning(bar), checks(bar), verdict(bar))


def comparison(settings: list[Setting]) -> Table:
    """Top-1, and AUROC/FPR95, of each method in each setting of one data set."""
    table = Table(
        title=f"{settings[0].data}: top-1 · AUROC/FPR95, means over the episodes", title_justify="left"
    )
    table.add_column("method", no_wrap=True)
    for setting in settings:
        count = len(next(iter(setting.figures.values())))
        table.add_column(f"{setting.ways}-way {setting.shots}-shot\n({count} episodes)", no_wrap=True)
    for method in METHODS:
        table.add_row(_title(method), *(_cell(setting, method) for setting in settings))
    return table


def learning(bar: Bar) -> Table:
    """Accuracy on the first ten labels while others are learned."""
    table = Table(title=f"accuracy on the first {STEP} labels, as more are learned", title_justify="left")
    table.add_column("labels")
    for stage in bar.curve:
        table.add_column(str(stage.labels), justify="right")
    table.add_row("calibrated, taught one after another", *(f"{stage.ours:.3f}" for stage in bar.curve))
    table.add_row(
        f"calibrated, among the first {STEP} only", *(f"{stage.ours_among_first:.3f}" for stage in bar.curve)
    )
    table.add_row("gda, made anew each time", *(f"{stage.forced:.3f}" for stage in bar.curve))
    return table


def checks(bar: Bar) -> Table:
    """Every line of the bar."""
    table = Table(title="the bar", title_justify="left")
    for column in ("", "what", "measured", "wanted", "", ""):
        table.add_column(column)
    for check in bar.checks:
        result = "[green]pass[/green]" if check.passed else "[bold red]FAIL[/bold red]"
        table.add_row(str(check.point), check.what, check.measured, check.wanted, result, check.note)
    return table


def verdict(bar: Bar) -> str:
    """How many lines of each point are reached."""
    lines = []
    for point in sorted({check.point for check in bar.checks}):
        own = [check for check in bar.checks if check.point == point]
        passed = sum(check.passed for check in own)
        lines.append(f"point {point}: {'pass' if passed == len(own) else 'FAIL'} ({passed} of {len(own)})")
    return "\n".join([bar.note, *lines])


def _title(method: Method) -> str:
    return method.name if method.text else f"{method.name}, memory only"


def _cell(setting: Setting, method: Method) -> str:
    if method not in setting.figures:
        return "–"
    top1 = _short(setting.mean(method, "top1"))
    if not method.unknowns:
        return top1
    return f"{top1} · {_short(setting.mean(method, 'auroc'))}/{_short(setting.mean(method, 'fpr95'))}"


def _short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if value == value else "–"
