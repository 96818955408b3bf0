# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Prompts that several labels share."""

from __future__ import annotations

import numpy as np

from vfrt_ros.core.scoring.text_model import TextModel


def test_labels_with_the_same_prompt_share_it() -> None:
    dog, cup = np.eye(2, 5, dtype=np.float32)
    model = TextModel()
    assert model.are_shared(("dog", "dog 2")).tolist() == [False, False]
    model.set_prototypes(("dog 2", "cup", "dog"), np.stack([dog, cup, dog]))
    assert model.are_shared(("cup", "dog", "dog 2", "without a prompt")).tolist() == [
        False,
        True,
        True,
        False,
    ]
    model.set_prototypes(("dog", "cup"), np.stack([dog, cup]))
    assert not model.are_shared(("dog", "cup")).any()
