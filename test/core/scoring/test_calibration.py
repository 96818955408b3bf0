# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Familiarity of one frame against that of the rows it was fitted on."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.scoring.calibration import Calibration, Rows, calibrate, features


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
    )


@pytest.mark.parametrize("apart", [0.2, 0.4, 0.8])
def test_a_margin_counts_for_as_much_where_labels_lie_close_to_each_other(apart: float) -> None:
    """With ten examples a label: what a margin adds to familiarity hardly depends on the unit of distances."""
    some = rows(apart)
    learned = calibrate(some, some, np.ones(1), independent=40.0)
    ahead = learned.coefficients[1] * apart
    assert 1.8 < ahead < 3.5
