# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The summary of an evaluation: each figure with its interval, overall and for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vfrt_ros.evaluation.estimate import Estimate, estimate
from vfrt_ros.evaluation.metric_names import METRICS
from vfrt_ros.evaluation.outcome import Outcome, confusion, figures_of_all

Figures = dict[str, Estimate | None]
"""By the name of the metric; None where the method cannot be measured by it."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of an evaluation.

    Attributes:
        about: What was evaluated and how, for the head of a report.
        labels: Of the data set.
        figures: By method and shots.
        classes: By method, shots and label; labels that were never known are not there.
        outcomes: By method and shots, what was answered in each episode.
        single: By method and shots, each metric's value in each episode.
    """

    about: Mapping[str, Any]
    labels: tuple[str, ...]
    figures: Mapping[str, Mapping[int, Figures]]
    classes: Mapping[str, Mapping[int, Mapping[str, Figures]]]
    outcomes: Mapping[str, Mapping[int, Sequence[Outcome]]] = field(repr=False)
    single: Mapping[str, Mapping[int, Sequence[Mapping[str, float]]]] = field(repr=False)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods, in the order in which they were asked for."""
        return tuple(self.figures)

    @property
    def most_shots(self) -> int:
        """The largest number of examples of a label."""
        return max(shots for curve in self.figures.values() for shots in curve)

    def as_dict(self) -> dict[str, Any]:
        """Everything but the single answers, as plain values for JSON."""
        return {
            "about": dict(self.about),
            "figures": _nested(self.figures, figures_as_dict),
            "classes": _nested(
                self.classes, lambda table: {label: figures_as_dict(own) for label, own in table.items()}
            ),
            "confusion": {
                "labels": [*self.labels, "unknown"],
                "shots": self.most_shots,
                "counts": {
                    method: confusion(own[self.most_shots], len(self.labels)).tolist()
                    for method, own in self.outcomes.items()
                    if self.most_shots in own
                },
            },
        }


def summarise(
    about: Mapping[str, Any],
    labels: tuple[str, ...],
    outcomes: Mapping[str, Mapping[int, Sequence[Outcome]]],
    *,
    per_class: bool = True,
) -> Summary:
    """Measure the outcome of every episode.

    Args:
        about: Goes into the summary as it is.
        labels: Of the data set.
        outcomes: By method and shots, one for each episode.
        per_class: False leaves the figures of single classes out, which take the most time.
    """
    single = _each(outcomes, figures_of_all)
    return Summary(
        about,
        labels,
        _each(single, figures_of),
        _each(outcomes, lambda episodes: class_figures(episodes, labels)) if per_class else {},
        outcomes,
        single,
    )


def figures_of(measured: Sequence[Mapping[str, float]]) -> Figures:
    """Each metric's mean and interval over episodes."""
    return {metric: estimate([own[metric] for own in measured]) for metric in METRICS}


def class_figures(episodes: Sequence[Outcome], labels: tuple[str, ...]) -> dict[str, Figures]:
    """The figures of each class over the episodes in which it was known, against the unknown of each."""
    table = {}
    for index, label in enumerate(labels):
        parts = [own.of_class(index) for own in episodes if index in own.classes]
        having = [part.figures() for part in parts if part.known.any()]
        if having:
            table[label] = figures_of(having)
    return table


def figures_as_dict(figures: Figures) -> dict[str, Any]:
    """Plain values; metrics that cannot be measured are left out."""
    return {metric: own.as_dict() for metric, own in figures.items() if own is not None}


def _each(tables: Mapping[str, Mapping[int, Any]], make: Any) -> dict[str, dict[int, Any]]:
    return {method: {shots: make(own) for shots, own in table.items()} for method, table in tables.items()}


def _nested(tables: Mapping[str, Mapping[int, Any]], make: Any) -> dict[str, dict[str, Any]]:
    return {method: {str(shots): make(own) for shots, own in t.items()} for method, t in tables.items()}
