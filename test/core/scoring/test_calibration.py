"""Familiarity of one frame against that of the rows it was fitted on."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.scoring.calibration import Calibration, features


@pytest.mark.parametrize("labels", [1, 2, 30])
def test_a_frames_support_is_that_of_a_row_of_the_fit(labels: int) -> None:
    random = np.random.default_rng(labels)
    coefficients = random.normal(size=5)
    none = np.zeros(1)
    calibration = Calibration(6.0, 0.1, coefficients, 0.0, 0.0, none, none, (0.0, 1.0, 9.0))
    distances, prompts, centre = random.normal(size=labels), random.normal(size=labels), 1.7
    row = features(distances[None], prompts[None], np.array([centre]))[0] @ coefficients
    np.testing.assert_allclose(calibration.support(distances, prompts, centre), row, rtol=1e-12)
