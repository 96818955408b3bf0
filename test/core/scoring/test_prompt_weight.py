# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The weight that prompts are supposed to have is what they earn on the examples."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.scoring.constants import PROMPT_PRIOR, PROMPT_SHARE
from vfrt_ros.core.scoring.prompt_weight import prior_median, prompt_means

OWN = np.arange(20) % 5


def scores(gap: float, *, offset: float = 0.0) -> np.ndarray:
    """(20, 5) z-scores in which the right label's stands out by `gap`."""
    table = np.random.default_rng(0).normal(offset, 1.0, (20, 5))
    table[np.arange(20), OWN] += gap
    return table


def test_the_more_prompts_stand_out_the_more_they_count() -> None:
    medians = [prior_median(prompt_means(scores(gap), OWN), 20.0, 20) for gap in (0.0, 1.0, 2.0, 4.0)]
    assert medians == sorted(medians)
    assert medians[0] < 0.1 < 1.0 < medians[2]


def test_where_all_scores_lie_does_not_matter() -> None:
    here, there = (prior_median(prompt_means(scores(1.0, offset=far), OWN), 20.0, 5) for far in (0.0, 7.0))
    assert here == pytest.approx(there)


def test_without_examples_or_prompts_it_is_the_supposition() -> None:
    nothing = prompt_means(np.full((20, 5), np.nan), OWN)
    assert (nothing.right, nothing.others) == (0.0, 0.0)
    assert prior_median(nothing, 0.0, 5) == pytest.approx(PROMPT_SHARE * PROMPT_PRIOR)
    assert 0.0 < prior_median(nothing, 1e9, 5) < 1e-6


def test_labels_without_a_prompt_are_left_out() -> None:
    table = scores(2.0)
    table[:, 4] = np.nan
    means = prompt_means(table, OWN)
    assert means.right - means.others == pytest.approx(2.0, abs=0.7)


def test_the_more_examples_a_label_has_the_less_prompts_count_beside_them() -> None:
    means = prompt_means(scores(2.0), OWN)
    few, many = (prior_median(means, examples, 5) for examples in (20.0, 80.0))
    assert many == pytest.approx(few / 2, rel=0.15)


def test_a_single_label_has_nothing_to_stand_out_from() -> None:
    means = prompt_means(np.full((3, 1), 2.5), np.zeros(3, np.int64))
    assert means.right == means.others == 2.5
