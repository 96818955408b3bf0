# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Familiarity of one frame against that of the rows it was fitted on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.calibration import Calibration
from vfrt_ros.core.scoring.familiarity import features
from vfrt_ros.core.scoring.learn_calibration import LeftOutRows, Rows, learn_calibration


@pytest.mark.parametrize("labels", [1, 2, 30])
def test_a_frames_familiarity_is_that_of_a_row_of_the_fit(labels: int) -> None:
    random = np.random.default_rng(labels)
    coefficients = random.normal(size=5)
    none = np.zeros(1)
    calibration = Calibration(
        sharpness=6.0,
        text_weight=0.1,
        coefficients=coefficients,
        neutral_prompt=0.0,
        usual_prompt=0.0,
        familiarities=none,
        shares=none,
        limit=(0.0, 1.0, 9.0),
    )
    distances, prompts, centre = random.normal(size=labels), random.normal(size=labels), 1.7
    row = features(distances[None], prompts[None], np.array([centre]))[0] @ coefficients
    np.testing.assert_allclose(calibration.familiarity(distances, prompts, centre), row, rtol=1e-12)


def rows(apart: float, count: int = 40, labels: int = 4) -> Rows:
    """Examples about 1 from their own label, and `apart` more from the others; no prompts."""
    random = np.random.default_rng(7)
    own = np.arange(count) % labels
    common = 1.0 + 0.1 * random.normal(size=(count, 1))
    distances = common + apart * (1.0 + 0.3 * random.normal(size=(count, labels)))
    distances[np.arange(count), own] = common[:, 0]
    centre = np.ones(count)
    return Rows(
        distances=distances,
        prompts=np.full((count, labels), np.nan),
        prompt_thresholds=np.zeros(count),
        known_centre=centre,
        unknown_centre=centre,
        own=own,
        weights=np.ones(count),
        shared=np.zeros(labels, bool),
    )


def learned(some: Rows, independent: float = 40.0) -> Calibration:
    return learn_calibration(LeftOutRows(some, some, some), np.ones(1), independent)


def test_a_margin_counts_for_as_much_where_labels_lie_close_to_each_other() -> None:
    """With ten examples a label: what a margin adds to familiarity hardly depends on the unit of distances."""
    ahead = [learned(rows(apart)).coefficients[1] * apart for apart in (0.2, 0.4, 0.8)]
    assert min(ahead) > 1.8
    assert max(ahead) < 1.9 * min(ahead)


def test_familiarity_is_steeper_where_known_and_unknown_are_told_apart_well() -> None:
    """The prior alone would leave scores too low: the more examples, the less is left of it."""
    few, many = (learned(rows(0.8), independent).coefficients for independent in (4.0, 40.0))
    assert many[0] > 1.5 * few[0]


def test_the_centre_counts_only_beside_labels_with_several_examples() -> None:
    some = rows(0.4)
    one_each, ten_each = (learned(some, independent).coefficients[2] for independent in (4.0, 40.0))
    assert one_each < 0.2 < ten_each


def test_the_centre_counts_as_much_as_a_linear_discriminant_says() -> None:
    """Known things that lie far from the centre where unknown ones lie near it: more than the prior would have it."""
    some = rows(0.4)
    noise = 0.1 * np.random.default_rng(3).normal(size=len(some.own))
    telling = replace(some, known_centre=1.5 + noise, unknown_centre=1.3 + noise)
    telling_less = replace(some, known_centre=1.5 + noise, unknown_centre=1.5 + noise)
    weights = [learned(each).coefficients for each in (telling, telling_less)]
    assert weights[0][2] / weights[0][0] > 1.5 * weights[1][2] / weights[1][0]
    assert all(0.0 <= each[2] <= each[0] for each in weights)


def test_one_example_that_shows_nothing_hardly_moves_the_sharpness(monkeypatch: pytest.MonkeyPatch) -> None:
    some = rows(0.8)
    distances = some.distances.copy()
    distances[0, some.own[0]] = distances[0].max() + 1.0
    spoiled = replace(some, distances=distances)
    kept = learned(spoiled).sharpness / learned(some).sharpness
    monkeypatch.setattr(constants, "WRONG_EXAMPLES", 0.0)
    kept_before = learned(spoiled).sharpness / learned(some).sharpness
    assert kept > 0.8 > 0.6 > kept_before


def test_familiarity_is_even_further_out_where_examples_without_companions_are_more_familiar() -> None:
    """Frames may be like the examples: what stands for them is a mixture."""
    far = rows(0.4)
    near = replace(far, distances=far.distances - 0.2)
    constant = {
        name: learn_calibration(LeftOutRows(sharp, far, far), np.ones(1), 40.0).coefficients
        for name, sharp in (("far", far), ("near", near))
    }
    even = {name: each[4] / each[0] for name, each in constant.items()}
    assert even["near"] < even["far"] - 0.02


def test_a_prompt_that_labels_share_does_not_tell_known_from_unknown() -> None:
    """Four things of two kinds: the prompts say the kind, so they fit a stranger of the kind as well."""
    some = rows(0.4)
    kind = np.arange(4) // 2
    prompts = np.where(kind[some.own][:, None] == kind, 3.0, 0.5)
    weights = {}
    for name, shared in (("own", np.zeros(4, bool)), ("shared", np.ones(4, bool))):
        found = learned(replace(some, prompts=prompts, shared=shared))
        weights[name] = found.coefficients[3] * found.text_weight
    assert weights["shared"] < 0.1 * weights["own"]
