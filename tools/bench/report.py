# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The bench's table on the screen, and all of it in a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.bench.machine import QUIET
from tools.bench.row import BenchRow

COLOURS = {True: "green", False: "red", None: "yellow"}


def show(rows: Sequence[BenchRow], machine: dict[str, Any], others: float | None) -> None:
    """Print the table."""
    from rich.console import Console
    from rich.table import Table

    # A pipe has no width of its own; the table needs this one.
    console = Console(width=None if sys.stdout.isatty() else 160)
    table = Table(title=heading(machine), title_justify="left", show_lines=True)
    for column in ("what", "target", "figure: median (10th … 90th of 100)", "verdict"):
        table.add_column(column)
    for row in rows:
        verdict = f"[{COLOURS[row.reached]}]{row.verdict}[/]"
        table.add_row(row.name, row.target, row.figure, verdict)
    console.print(table)
    console.print(company(others))


def heading(machine: dict[str, Any]) -> str:
    """The machine in one line."""
    arithmetic = ", ".join(machine["matrix arithmetic"]) or "none known"
    return f"{machine['processor']}, {machine['cores']} cores; matrix arithmetic: {arithmetic}"


def company(others: float | None) -> str:
    """A sentence on what else the machine did."""
    if others is None:
        return "How busy the machine was otherwise is not known."
    told = f"Others used {others:.0%} of the processor meanwhile"
    return f"{told}: times are too long, and ratios less sure." if others > QUIET else f"{told}."


def write(
    path: Path, rows: Sequence[BenchRow], machine: dict[str, Any], others: float | None, quick: bool
) -> None:
    """Everything as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "mode": "quick" if quick else "full",
        "machine": machine,
        "share of the processor used by others": others,
        "rows": [row.as_dict() for row in rows],
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
