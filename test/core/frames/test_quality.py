# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The quality gate: what is let in, and the words for what is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from fixtures.pictures import picture, plain

from vfrt_ros.core.frames.quality import NEAR_DUPLICATE_COSINE, duplicate_of, measure_quality
from vfrt_ros.core.types.observation import Quality
from vfrt_ros.core.types.rejection import RejectionCode

FAULTS = {
    "good": (Quality(200.0, 120.0), None),
    "just sharp enough": (Quality(15.0, 120.0), None),
    "a little blurred": (Quality(14.9, 120.0), RejectionCode.BLURRED),
    "just bright enough": (Quality(200.0, 20.0), None),
    "a little dark": (Quality(200.0, 19.9), RejectionCode.TOO_DARK),
    "just not overexposed": (Quality(200.0, 235.0), None),
    "a little overexposed": (Quality(200.0, 235.1), RejectionCode.OVEREXPOSED),
    "dark and blurred: the light comes first": (Quality(0.0, 0.0), RejectionCode.TOO_DARK),
}


@pytest.mark.parametrize(("quality", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_fault(quality, code) -> None:
    rejection = quality.rejection()
    assert (rejection and rejection.code) is code


def test_a_fault_names_what_was_measured_and_what_is_needed() -> None:
    assert Quality(3.2, 120.0).rejection().text == "blurred (sharpness 3, at least 15 is needed)"
    assert Quality(99.0, 7.0).rejection().text == "too dark (mean brightness 7 of 255, at least 20 is needed)"


PICTURES = {
    "a textured scene": (picture("green"), None),
    "out of focus": (cv2.GaussianBlur(picture("green"), (0, 0), 8), RejectionCode.BLURRED),
    "a wall": (plain("green"), RejectionCode.BLURRED),
    "lens cap": (plain("black"), RejectionCode.TOO_DARK),
    "into the sun": (plain("white"), RejectionCode.OVEREXPOSED),
}


@pytest.mark.parametrize(("pixels", "code"), PICTURES.values(), ids=PICTURES.keys())
def test_measure(pixels, code) -> None:
    rejection = measure_quality(pixels).rejection()
    assert (rejection and rejection.code) is code


def test_the_stored_values_are_rounded() -> None:
    assert Quality(12.345, 99.96).as_dict() == {"sharpness": 12.3, "brightness": 100.0}


def at_cosine(cosine: float) -> np.ndarray:
    return np.float32([cosine, np.sqrt(1 - cosine**2)])


DUPLICATES = {
    "the same": (1.0, {}, True),
    "just a duplicate": (NEAR_DUPLICATE_COSINE + 1e-4, {}, True),
    "just none": (NEAR_DUPLICATE_COSINE - 1e-3, {}, False),
    "one by a lower limit": (0.91, {"least": 0.9}, True),
    "none by a higher limit": (0.998, {"least": 0.999}, False),
}


@pytest.mark.parametrize(("cosine", "limit", "is_one"), DUPLICATES.values(), ids=DUPLICATES.keys())
def test_duplicate_of_gives_the_cosine_with_the_nearest(cosine, limit, is_one) -> None:
    others = np.stack([np.float32([0.0, -1.0]), at_cosine(cosine), at_cosine(0.3)])
    found = duplicate_of(np.float32([1.0, 0.0]), others, **limit)
    assert found == (pytest.approx(cosine, abs=1e-6) if is_one else None)


def test_nothing_is_a_duplicate_of_nothing() -> None:
    assert duplicate_of(np.float32([1.0, 0.0]), np.empty((0, 2), np.float32)) is None
