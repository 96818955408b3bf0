# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The figures of an evaluation: what each is called, what it means, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MetricName:
    """One figure, in [0, 1].

    Attributes:
        title: At the head of a column.
        higher: True where more is better, False where less is; None where it is a choice of the threshold's.
        meaning: For people.
    """

    title: str
    higher: bool | None
    meaning: str

    @property
    def heading(self) -> str:
        """The title with an arrow that points to what is better."""
        return self.title + {True: " ↑", False: " ↓", None: ""}[self.higher]


METRICS = {
    "top1": MetricName("top-1", True, "share of questions about taught objects whose best label is right"),
    "auroc": MetricName(
        "AUROC", True, "chance that a taught object is more familiar than an unknown one; 0.5 is guessing"
    ),
    "fpr95": MetricName(
        "FPR95", False, "share of unknown objects taken for known where 95 % of the taught ones are"
    ),
    "aupr": MetricName(
        "AUPR", True, "average precision of finding the taught objects; their share of all is guessing"
    ),
    "oscr": MetricName(
        "OSCR", True, "area under right names of taught objects against unknown objects taken for known"
    ),
    "ece": MetricName(
        "ECE", False, "mean gap between score and share right, taught and unknown objects counting the same"
    ),
    "strangers": MetricName(
        "strangers",
        False,
        "share of unknown objects given a label where one threshold calls 5 % of the taught unknown",
    ),
    "rejected": MetricName(
        "rejected", None, "share of taught objects called unknown at the default threshold"
    ),
    "accepted": MetricName(
        "accepted", None, "share of unknown objects given a label at the default threshold"
    ),
}
"""By the key in the files."""
