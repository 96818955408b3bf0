# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A box drawn in the newest picture is found again in those before."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.frames.regions.follow import follow_back
from vfrt_ros.core.types.region import Box


def scene(width: int = 320, height: int = 240) -> np.ndarray:
    random = np.random.default_rng(1)
    coarse = random.integers(60, 120, (height // 8, width // 8, 3))
    return np.kron(coarse, np.ones((8, 8, 1))).astype(np.uint8)


def thing(side: int) -> np.ndarray:
    random = np.random.default_rng(2)
    return np.kron(random.integers(0, 256, (5, 5, 3)), np.ones((side // 5, side // 5, 1))).astype(np.uint8)


def with_thing(x: int, y: int, side: int = 60, noise: int = 4, seed: int = 0) -> np.ndarray:
    frame = scene().astype(np.int16)
    frame[y : y + side, x : x + side] = thing(side)
    frame += np.random.default_rng(seed).integers(-noise, noise + 1, frame.shape, np.int16)
    return np.clip(frame, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("step", "side"), [(0, 60), (4, 60), (15, 60), (9, 20)])
def test_a_thing_that_moves_is_followed(step: int, side: int) -> None:
    places = [(40 + step * n, 60 + step * n // 2) for n in range(8)]
    frames = [with_thing(x, y, side, seed=n) for n, (x, y) in enumerate(places)]
    found = follow_back(frames, Box(*places[-1], side, side))
    assert len(found) == len(frames)
    for box, (x, y) in zip(found, places, strict=True):
        assert box is not None
        assert box.overlap(Box(x, y, side, side)) > 0.7


def test_a_thing_that_stands_still_does_not_drift() -> None:
    frames = [with_thing(101, 67, noise=8, seed=n) for n in range(16)]
    assert follow_back(frames, Box(97, 63, 71, 67)) == [Box(97, 63, 71, 67)] * 16


def test_it_is_not_looked_for_before_it_came() -> None:
    frames = [scene(), scene(), with_thing(50, 50), with_thing(52, 50)]
    found = follow_back(frames, Box(52, 50, 60, 60))
    assert [box is None for box in found] == [True, True, False, False]


def test_a_plain_thing_has_to_be_as_bright_as_before() -> None:
    wall = [np.full((90, 90, 3), level, np.uint8) for level in (200, 90, 92)]
    found = follow_back(wall, Box(20, 20, 30, 30))
    assert found == [None, Box(20, 20, 30, 30), Box(20, 20, 30, 30)]


def test_pictures_of_another_size_are_not_searched() -> None:
    assert follow_back([scene(160, 120), scene()], Box(0, 0, 320, 240)) == [None, Box(0, 0, 320, 240)]


@pytest.mark.parametrize("box", [Box(0, 0, 1, 1), Box(319, 239, 1, 1), Box(0, 100, 320, 1)])
def test_boxes_at_the_edge(box: Box) -> None:
    assert follow_back([scene(), scene()], box) == [box, box]
