# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The frames that are made of a photograph, as of a visit to what it shows."""

from __future__ import annotations

import numpy as np

from tools.eval_bar.visits import FRAMES, visit_frames


def picture() -> np.ndarray:
    """Red to the left, blue to the right, on grey."""
    image = np.full((120, 160, 3), 128, np.uint8)
    image[30:90, 20:80], image[30:90, 80:140] = (200, 40, 40), (40, 40, 200)
    return image


def test_they_show_the_same_thing_and_none_is_another() -> None:
    frames = visit_frames(picture(), np.random.default_rng(1))
    assert len(frames) == FRAMES
    for frame in frames:
        height, width = frame.shape[:2]
        assert 0.8 * 120 < height < 120 and 0.8 * 160 < width < 160
        left, right = frame[height // 2, width // 4], frame[height // 2, 3 * width // 4]
        assert left[0] > left[2] and right[2] > right[0]
    assert len({frame.tobytes() for frame in frames}) == FRAMES


def test_a_seed_makes_the_same_ones_again() -> None:
    first, second = (visit_frames(picture(), np.random.default_rng(3)) for _ in range(2))
    assert all((one == other).all() for one, other in zip(first, second, strict=True))
