# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Scenes made of photographs: every one stands in one of them, where the scene says."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from fixtures.pictures import picture

from tools.eval_bar.scenes import COUNT, HEIGHT, MOST_COVERED, SIDES, WIDTH, make_scenes
from vfrt_ros.evaluation.dataset import Picture


@pytest.fixture
def photographs(tmp_path: Path) -> list[Picture]:
    made = []
    for number in range(17):
        path = tmp_path / f"{number:02}.png"
        cv2.imwrite(str(path), picture("red", number, size=(400, 300)))
        made.append(Picture(path, f"label {number % 4}"))
    return made


def test_every_photograph_is_in_one_scene_where_the_scene_says(photographs: list[Picture]) -> None:
    scenes = make_scenes([photographs[:9], photographs[9:]], photographs, seed=0)
    pasted = [thing for scene in scenes for thing, _ in scene.things]
    assert sorted(thing.path for thing in pasted) == [each.path for each in photographs]
    for scene in scenes:
        assert scene.frame.shape == (HEIGHT, WIDTH, 3)
        assert 1 <= len(scene.things) <= COUNT[1]
        for number, (thing, box) in enumerate(scene.things):
            assert box == box.cut(WIDTH, HEIGHT)
            assert SIDES[0] <= max(box.width, box.height) < SIDES[1]
            others = [other for _, other in scene.things[number + 1 :]]
            assert all(box.overlap(other) <= MOST_COVERED for other in others)
            size = (box.width, box.height)
            alone = cv2.resize(cv2.imread(str(thing.path)), size, interpolation=cv2.INTER_AREA).astype(int)
            part = scene.frame[box.y : box.bottom, box.x : box.right].astype(int)
            assert np.median(np.abs(part - alone)) <= 1


def test_the_same_seed_makes_the_same_scenes(photographs: list[Picture]) -> None:
    one, same, other = (make_scenes([photographs], photographs, seed) for seed in (1, 1, 2))
    assert all((a.frame == b.frame).all() for a, b in zip(one, same, strict=True))
    assert [each.things for each in one] != [each.things for each in other]
