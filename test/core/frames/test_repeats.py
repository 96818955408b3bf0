# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Frames that show what the last one showed: noise is no change, a small thing is, and slow changes add up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from fixtures.pictures import picture

from vfrt_ros.core.frames.repeats import TOLERANCE, Repeats
from vfrt_ros.core.types.observation import Observation, Quality

Picture = npt.NDArray[np.uint8]
SIZE = (640, 480)


def observed(stamp: float = 0.0) -> Observation:
    return Observation(np.ones(3, np.float32), Quality(50.0, 90.0), np.zeros((4, 4, 3), np.uint8), stamp)


def scene() -> npt.NDArray[np.float32]:
    return 40 + 0.6 * picture("green", size=SIZE).astype(np.float32)


def noisy(levels: float, seed: int) -> Picture:
    noise = np.random.default_rng(seed).normal(0, levels, (SIZE[1], SIZE[0], 3))
    return np.clip(np.rint(scene() + noise), 0, 255).astype(np.uint8)


@pytest.fixture
def repeats() -> Repeats:
    """One frame of the scene was encoded."""
    repeats = Repeats()
    assert repeats.find(noisy(5, 0), 1.0) is None, "there is nothing to hold the first one against"
    repeats.keep(observed(1.0))
    return repeats


def test_noise_is_no_change_and_each_frame_keeps_its_own_stamp(repeats) -> None:
    for seed in range(1, 6):
        found = repeats.find(noisy(5, seed), 1.0 + seed)
        assert found is not None
        assert found.stamp == 1.0 + seed


CHANGES = {
    "a thing of five by five pixels": (slice(200, 205), slice(300, 305), 60),
    "a thing between two areas": (slice(197, 203), slice(297, 303), 80),
    "a faint line": (slice(0, 480), slice(310, 314), 12),
    "all a little brighter": (slice(None), slice(None), 6),
}


@pytest.mark.parametrize(("rows", "columns", "levels"), CHANGES.values(), ids=CHANGES.keys())
def test_what_an_encoder_may_see_is_a_change(repeats, rows, columns, levels) -> None:
    changed = noisy(5, 9).astype(np.int16)
    changed[rows, columns] += levels
    assert repeats.find(np.clip(changed, 0, 255).astype(np.uint8), 2.0) is None


def test_slow_changes_add_up(repeats) -> None:
    frames = [np.clip(noisy(0, 0) + step, 0, 255).astype(np.uint8) for step in range(10)]
    verdicts = []
    for number, frame in enumerate(frames):
        is_new = repeats.find(frame, float(number)) is None
        repeats.keep(observed())
        verdicts.append(is_new)
    first = verdicts.index(True)
    assert 0 < first <= TOLERANCE + 1
    assert verdicts.count(True) == 2, "held against the one that was encoded last"


def test_what_was_not_encoded_after_all_counts_for_nothing(repeats) -> None:
    other = picture("red", size=SIZE)
    assert repeats.find(other, 2.0) is None
    assert repeats.find(other, 3.0) is None, "the encoder failed meanwhile"
    repeats.keep(observed(3.0))
    assert repeats.find(other, 4.0) is not None


def test_nothing_is_known_after_it_was_cleared(repeats) -> None:
    repeats.clear()
    assert repeats.find(noisy(0, 0), 2.0) is None
