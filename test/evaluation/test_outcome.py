# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Outcomes in the labels of the data set, and the figures and confusions made of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vfrt_ros.evaluation.outcome import Outcome, calibration_error, confusion, figures_of_all, strangers_named


def outcome(**changes: object) -> Outcome:
    """Labels 3 and 7 were taught; two questions about each, two about the unknown 5."""
    values = {
        "classes": np.array([7, 3]),
        "truth": np.array([3, 3, 7, 7, 5, 5]),
        "known": np.array([True] * 4 + [False] * 2),
        "best": np.array([3, 7, 7, 7, 3, 7]),
        "familiarity": np.array([4.0, 1.0, 5.0, 3.0, 2.0, 0.0]),
        "score": np.array([0.9, 0.3, 0.8, 0.7, 0.6, 0.1]),
        "named": np.array([True, False, True, True, True, False]),
    }
    return Outcome(**{**values, **changes})  # type: ignore[arg-type]


def test_figures_of_a_case_counted_by_hand() -> None:
    figures = outcome().figures()
    assert figures["top1"] == pytest.approx(3 / 4)
    assert figures["auroc"] == pytest.approx(7 / 8)
    assert figures["rejected"] == pytest.approx(1 / 4)
    assert figures["accepted"] == pytest.approx(1 / 2)
    assert math.isfinite(figures["ece"])


def test_a_method_without_a_threshold_has_no_figure_of_one() -> None:
    figures = outcome(decides=False, score=np.full(6, np.nan)).figures()
    assert all(math.isnan(figures[metric]) for metric in ("rejected", "accepted", "ece"))
    assert figures["top1"] == pytest.approx(3 / 4)


def test_a_class_is_held_against_all_that_is_unknown() -> None:
    three, seven = outcome().of_class(3), outcome().of_class(7)
    assert (three.figures()["top1"], seven.figures()["top1"]) == (0.5, 1.0)
    assert (three.figures()["auroc"], seven.figures()["auroc"]) == (0.75, 1.0)
    assert len(three.truth) == 4


def test_confusion_counts_unknown_both_ways() -> None:
    table = confusion([outcome(), outcome()], 9)
    assert table.sum() == 12
    assert (table[3, 3], table[3, 9], table[7, 7], table[9, 3], table[9, 9]) == (2, 2, 4, 2, 2)


def test_the_calibration_error_is_that_of_all_questions_together() -> None:
    over = outcome(score=np.full(6, 0.6))
    alone = over.figures()["ece"]
    swapped = outcome(best=np.array([7, 3, 3, 3, 3, 7]), score=np.full(6, 0.6))
    together = calibration_error([over, swapped])
    assert alone == pytest.approx(0.6 - 3 / 8)
    assert swapped.figures()["ece"] == pytest.approx(0.6 - 1 / 8)
    assert together == pytest.approx(0.6 - 2 / 8)
    assert math.isnan(calibration_error([over, outcome(score=np.full(6, np.nan))]))


def test_errors_that_point_both_ways_cancel_only_within_a_bin() -> None:
    bold, shy = outcome(score=np.full(6, 0.5)), outcome(score=np.full(6, 0.25))
    assert calibration_error([bold, shy]) == pytest.approx((0.125 + 0.125) / 2)


def test_strangers_are_named_where_one_threshold_over_all_episodes_lets_them_through() -> None:
    """Of the eight known, a quarter lies below 3.0; the second episode is as far from its own threshold as can be."""
    low = outcome(familiarity=np.array([4.0, 1.0, 5.0, 3.0, 3.5, 0.0]))
    high = outcome(familiarity=np.array([9.0, 9.0, 9.0, 1.0, 9.0, 8.0]))
    assert strangers_named([low, high], share=0.25) == [0.5, 1.0]
    assert [own["strangers"] for own in figures_of_all([low])] == strangers_named([low])
    assert math.isnan(low.figures()["strangers"])


def test_a_method_has_no_share_of_strangers_where_there_are_none() -> None:
    only_known = outcome(truth=np.full(6, 3), known=np.ones(6, bool))
    assert math.isnan(strangers_named([only_known])[0])
