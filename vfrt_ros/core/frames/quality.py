# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The quality gate: which frames are worth remembering."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.observation import Quality

NEAR_DUPLICATE_COSINE = 0.995


def measure_quality(small: npt.NDArray[np.uint8]) -> Quality:
    """The quality of a small (h, w, 3) uint8 BGR picture."""
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    deviation = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))[1][0, 0]
    return Quality(float(deviation) ** 2, cv2.mean(grey)[0])


def duplicate_of(
    embedding: npt.NDArray[np.float32],
    others: npt.NDArray[np.float32],
    *,
    least: float = NEAR_DUPLICATE_COSINE,
) -> float | None:
    """The cosine with the nearest of `others`, (n, d) unit norm, where it is a near duplicate; else None."""
    if len(others) == 0:
        return None
    nearest = float((others @ embedding).max())
    return nearest if nearest >= least else None
