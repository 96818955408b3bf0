# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The files of an evaluation hold its figures, and the page stands on its own."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.evaluation.dataset import DatasetError, load_dataset
from vfrt_ros.evaluation.features import embed_dataset
from vfrt_ros.evaluation.methods import parse_methods
from vfrt_ros.evaluation.metric_names import METRICS
from vfrt_ros.evaluation.plots import reliability_bins
from vfrt_ros.evaluation.report import figure_table, render
from vfrt_ros.evaluation.run import Plan, run
from vfrt_ros.evaluation.summary import Summary, class_figures, summarise
from vfrt_ros.evaluation.write import write_all

from .conftest import write_classes
from .test_outcome import outcome


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    folder = tmp_path_factory.mktemp("data")
    write_classes(folder / "train", 3)
    write_classes(folder / "test", 2, first=3)
    encoders = load_encoders("fake")
    _, features = embed_dataset(load_dataset(folder), encoders)
    plan = Plan(parse_methods(["late", "calibrated", "ncm"]), 4, (1, 3), 3, 0)
    outcomes = run(plan, features, encoders, RecognitionSettings(backbone="fake"))
    about = {"dataset": "<colours>", "ways": 4, "episodes": 3, "encoder": encoders.note}
    return summarise(about, features.labels, {method.name: own for method, own in outcomes.items()})


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_tables_hold_the_figures(summary: Summary, tmp_path: Path) -> None:
    files = {path.name: path for path in write_all(summary, tmp_path / "new" / "folder")}
    figures = read(files["figures.csv"])
    wanted = summary.figures["calibrated"][3]["top1"]
    assert wanted is not None
    row = next(
        row for row in figures if (row["method"], row["shots"], row["metric"]) == ("calibrated", "3", "top1")
    )
    assert float(row["mean"]) == pytest.approx(wanted.mean, abs=1e-6)
    single = [r for r in read(files["episodes.csv"]) if (r["method"], r["shots"]) == ("calibrated", "3")]
    assert np.mean([float(row["top1"]) for row in single]) == pytest.approx(wanted.mean, abs=1e-5)
    assert not [row for row in figures if row["method"] == "ncm" and row["metric"] in ("ece", "rejected")]
    labels = {row["label"] for row in read(files["classes.csv"])}
    assert labels <= set(summary.labels)
    matrix = read(files["confusion_calibrated.csv"])
    asked = sum(len(own.truth) for own in summary.outcomes["calibrated"][3])
    assert sum(int(row[name]) for row in matrix for name in (*summary.labels, "unknown")) == asked


def test_the_json_is_read_back(summary: Summary, tmp_path: Path) -> None:
    write_all(summary, tmp_path)
    content = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert content["about"]["dataset"] == "<colours>"
    assert set(content["figures"]["calibrated"]["3"]) == set(METRICS)
    assert set(content["figures"]["ncm"]["3"]) == set(METRICS) - {"ece", "rejected", "accepted"}
    assert content["confusion"]["shots"] == 3
    assert "NaN" not in (tmp_path / "results.json").read_text(encoding="utf-8")


def test_a_class_has_figures_of_its_own() -> None:
    table = class_figures([outcome(), outcome()], tuple("abcdefghi"))
    assert set(table) == {"d", "h"}
    for label, top1 in (("d", 0.5), ("h", 1.0)):
        own = table[label]["top1"]
        assert own is not None
        assert (own.mean, own.count) == (top1, 2)


class Page(HTMLParser):
    """Checks that tags are closed, and gathers what a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href") and value and not value.startswith(("#", "data:")):
                self.fetched.append(value)
            if name == "id" and value:
                self.ids.append(value)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else(summary: Summary) -> None:
    text = render(summary)
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.fetched == []
    assert len(page.ids) == len(set(page.ids))
    assert text.count("<svg") == 4
    assert "&lt;colours&gt;" in text
    assert "<colours>" not in text
    for reference in re.findall(r'(?:url\(#|xlink:href="#)([^)"]+)', text):
        assert reference in page.ids


def test_the_best_of_a_column_is_marked(summary: Summary) -> None:
    table = dict(figure_table(summary, 3))
    for number, (metric, own) in enumerate(METRICS.items()):
        cells = [row[number] for row in table.values() if row[number]["mean"] != "–"]
        marked = [float(cell["mean"]) for cell in cells if cell["best"]]
        values = [float(cell["mean"]) for cell in cells]
        if own.higher is None:
            assert not marked, metric
        else:
            assert set(marked) == {max(values) if own.higher else min(values)}, metric


def test_a_folder_that_cannot_be_written_is_named(summary: Summary, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DatasetError, match="file"):
        write_all(summary, tmp_path / "file")


def test_both_kinds_weigh_the_same_in_the_reliability_diagram() -> None:
    scores, right, weights = reliability_bins([outcome()])
    assert weights.sum() == pytest.approx(1.0)
    assert scores == pytest.approx([0.1, 0.3, 0.6, 0.7, 0.8, 0.9])
    assert right == pytest.approx([0, 0, 0, 1, 1, 1])
    assert weights == pytest.approx([1 / 4, 1 / 8, 1 / 4, 1 / 8, 1 / 8, 1 / 8])
