# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Handwritten digits: unlike what a camera sees. They showed a fault of the calibration, which was then mended."""

from __future__ import annotations

import cv2
import numpy as np
from sklearn.datasets import load_digits

from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.scoring.prompts import text_prototypes
from vfrt_ros.evaluation.features import Features

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LEARNED, ASKED = 100, 70
"""Pictures of each digit that examples are drawn from, and those after them that are asked about. They are in the
order in which people wrote them, so that the latter are by others than the former; of each digit there are 174."""
SIDE, DEEPEST = 224, 16.0
BATCH = 32


def digit_features(encoders: Encoders, templates: tuple[str, ...]) -> Features:
    """The digits of scikit-learn (UCI, Alpaydin and Kaynak 1998), enlarged, as the encoders see them.

    Args:
        encoders: The backbone and its text encoder.
        templates: Prompts made of a label.
    """
    data = load_digits()
    rows = [np.flatnonzero(data.target == digit)[: LEARNED + ASKED] for digit in range(len(NAMES))]
    images = [_enlarged(data.images[row]) for row in np.concatenate(rows)]
    parts = [
        encoders.backbone.encode_images(images[start : start + BATCH])
        for start in range(0, len(images), BATCH)
    ]
    embedded = np.concatenate(parts).reshape(len(NAMES), LEARNED + ASKED, -1)
    labels = tuple(f"handwritten digit {name}" for name in NAMES)
    return Features(
        labels,
        np.concatenate(embedded[:, :LEARNED]),
        np.repeat(np.arange(len(NAMES)), LEARNED),
        np.concatenate(embedded[:, LEARNED:]),
        np.repeat(np.arange(len(NAMES)), ASKED),
        text_prototypes(encoders.text, labels, templates=templates),
    )


def _enlarged(image: np.ndarray) -> np.ndarray:
    """(8, 8) in [0, 16] to (SIDE, SIDE, 3) uint8."""
    grey = (image * (255.0 / DEEPEST)).astype(np.uint8)
    large = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return np.repeat(large[..., None], 3, axis=2)
