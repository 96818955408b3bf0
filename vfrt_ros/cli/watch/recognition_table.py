# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One Recognition as a live table: the answer above, then each candidate with the shares that made its score."""

from __future__ import annotations

import math
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from vfrt_ros.cli.watch.recognition_line import bar
from vfrt_ros.core.types.reason import short_words_of

BAR_WIDTH = 24


def table(recognition: Any) -> Group:
    """The recognition for a terminal: green is known, yellow is not.

    Args:
        recognition: A vfrt_msgs/Recognition.
    """
    return Group(_answer(recognition), _candidates(recognition), _facts(recognition))


def _answer(recognition: Any) -> Text:
    known = recognition.reason == recognition.KNOWN
    text = Text(recognition.label, style="bold green" if known else "bold yellow", no_wrap=True)
    sign = "≥" if recognition.score >= recognition.threshold else "<"
    text.append(
        f"   score {recognition.score:.2f} {sign} threshold {recognition.threshold:.2f}", style="default"
    )
    if not known:
        text.append(f"   {short_words_of(recognition.reason)}", style="yellow")
    return text


def _candidates(recognition: Any) -> Table:
    rows = Table(box=None, pad_edge=False, header_style="dim")
    rows.add_column("candidate", no_wrap=True, overflow="ellipsis", min_width=14, max_width=40)
    rows.add_column("score", no_wrap=True, min_width=BAR_WIDTH + 5)
    for name in ("image", "text", "examples"):
        rows.add_column(name, justify="right", no_wrap=True)
    for number, entry in enumerate(recognition.candidates):
        best = number == 0 and recognition.reason == recognition.KNOWN
        rows.add_row(
            Text(entry.label),
            f"{bar(entry.score, BAR_WIDTH)} {entry.score:.2f}",
            _number(entry.image_score),
            _number(entry.text_score),
            str(entry.examples),
            style="green" if best else "",
        )
    return rows


def _facts(recognition: Any) -> Text:
    latency = recognition.latency.sec + recognition.latency.nanosec * 1e-9
    return Text(
        f"{recognition.fps:.1f} frames a second   {latency * 1e3:.0f} ms   {recognition.dropped} dropped   "
        f"memory version {recognition.memory_version}",
        style="dim",
        no_wrap=True,
        overflow="ellipsis",
    )


def _number(value: float) -> str:
    """A share; a dash where the label has none."""
    return f"{value:.2f}" if math.isfinite(value) else "–"
