# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""An evaluation as files: tables for a spreadsheet, JSON for a script, one page for people."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from vfrt_ros.core.config.own_files import check_own
from vfrt_ros.core.types.errors import words_of
from vfrt_ros.evaluation.dataset import DatasetError
from vfrt_ros.evaluation.metric_names import METRICS
from vfrt_ros.evaluation.outcome import confusion
from vfrt_ros.evaluation.report import render
from vfrt_ros.evaluation.summary import Figures, Summary


def write_all(summary: Summary, folder: Path) -> list[Path]:
    """Write every form of the result.

    Args:
        summary: The result.
        folder: Made where it is missing; files of an earlier run are replaced.

    Returns:
        The files: figures.csv, classes.csv, episodes.csv, a confusion matrix for each method, results.json and
        report.html.

    Raises:
        DatasetError: The folder cannot be written.
        RequestError: It has such a file of somebody else.
    """
    check_own(written_files(folder, summary.methods))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [
            _table(folder / "figures.csv", FIGURES, _figure_rows(summary)),
            _table(folder / "classes.csv", CLASSES, _class_rows(summary)),
            _table(folder / "episodes.csv", EPISODES, _episode_rows(summary)),
            *(_confusion(summary, method, folder) for method in summary.methods),
            _text(folder / "results.json", json.dumps(summary.as_dict(), ensure_ascii=False, indent=1)),
            _text(folder / "report.html", render(summary)),
        ]
    except OSError as error:
        raise DatasetError(f"The results cannot be written to {folder}: {words_of(error)}.") from error


def written_files(folder: Path, methods: Iterable[str]) -> dict[Path, str]:
    """The files that `write_all` writes, each with the words near its beginning by which it is known again."""
    tables = {"figures.csv": FIGURES, "classes.csv": CLASSES, "episodes.csv": EPISODES}
    words = {
        **{name: ",".join(header) + "\n" for name, header in tables.items()},
        **{_confusion_name(method): "shown," for method in methods},
        "results.json": '"about": {',
        "report.html": "<title>vfrt evaluation: ",
    }
    return {folder / name: own for name, own in words.items()}


ESTIMATE = ("metric", "mean", "low", "high", "episodes")
FIGURES = ("method", "shots", *ESTIMATE)
CLASSES = ("method", "shots", "label", *ESTIMATE)
EPISODES = ("method", "shots", "episode", *METRICS)
"""The headers of the tables."""


def _figure_rows(summary: Summary) -> Iterator[Sequence[object]]:
    for method, curve in summary.figures.items():
        for shots, figures in curve.items():
            for row in _estimate_rows(figures):
                yield method, shots, *row


def _class_rows(summary: Summary) -> Iterator[Sequence[object]]:
    for method, curve in summary.classes.items():
        for shots, table in curve.items():
            for label, figures in table.items():
                for row in _estimate_rows(figures):
                    yield method, shots, label, *row


def _estimate_rows(figures: Figures) -> Iterator[Sequence[object]]:
    for metric, own in figures.items():
        if own is not None:
            yield metric, *own.as_dict().values()


def _episode_rows(summary: Summary) -> Iterator[Sequence[object]]:
    for method, curve in summary.single.items():
        for shots, episodes in curve.items():
            for number, values in enumerate(episodes):
                yield method, shots, number, *(_number(values[metric]) for metric in METRICS)


def _confusion(summary: Summary, method: str, folder: Path) -> Path:
    names = [*summary.labels, "unknown"]
    own = summary.outcomes[method]
    table = confusion(own[max(own)], len(summary.labels))
    rows = ([name, *counts] for name, counts in zip(names, table.tolist(), strict=True))
    return _table(folder / _confusion_name(method), ("shown", *names), rows)


def _confusion_name(method: str) -> str:
    return f"confusion_{method}.csv"


def _number(value: float) -> object:
    return round(value, 6) if value == value else ""


def _table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def _text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
