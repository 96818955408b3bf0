# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The digits as a data set: what is learned is never asked about."""

from __future__ import annotations

import numpy as np

from tools.eval_bar.digits import ASKED, LEARNED, digit_features
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.scoring.prompts import PROMPT_TEMPLATES


def test_every_digit_has_pictures_to_learn_from_and_others_to_ask_about(own_cache: object) -> None:
    features = digit_features(load_encoders("fake"), PROMPT_TEMPLATES)
    assert np.bincount(features.train_labels).tolist() == [LEARNED] * 10
    assert np.bincount(features.test_labels).tolist() == [ASKED] * 10
    assert features.train.shape[0] == 10 * LEARNED
    assert features.test.shape[0] == 10 * ASKED
    assert np.allclose(np.linalg.norm(features.train, axis=1), 1.0, atol=1e-5)
    assert len(features.text) == 10
