# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which frames belong to the scene in view."""

from __future__ import annotations

import numpy as np
import pytest
from fixtures.pictures import picture, plain

from vfrt_ros.core.frames.observe import look
from vfrt_ros.core.frames.recent_frames import RING_LENGTH, RecentFrames
from vfrt_ros.core.types.observation import Observation

UNIT = np.float32([1.0, 0.0])


def seen(colour: str, variant: int = 0, size: tuple[int, int] = (128, 96)) -> Observation:
    return look(picture(colour, variant, size)).encoded(UNIT, None)


CUTS = {
    "the same scene": (seen("red", 0), seen("red", 1), False),
    "the same scene, larger": (seen("red", 0), seen("red", 0, (640, 480)), False),
    "another scene": (seen("red"), seen("blue"), True),
    "a blank wall, and again": (
        look(plain("grey")).encoded(UNIT, None),
        look(plain("grey")).encoded(UNIT, None),
        False,
    ),
    "a blank wall in another light": (
        look(plain("grey")).encoded(UNIT, None),
        look(plain("white")).encoded(UNIT, None),
        True,
    ),
    "the light goes out": (seen("red"), look(plain("black")).encoded(UNIT, None), True),
}


@pytest.mark.parametrize(("first", "second", "is_cut"), CUTS.values(), ids=CUTS.keys())
def test_a_cut_to_another_scene_empties_the_ring(first, second, is_cut) -> None:
    recent = RecentFrames()
    assert recent.add(first) is False
    assert recent.add(second) is is_cut
    assert recent.newest(5) == ([second] if is_cut else [first, second])


def test_newest_gives_the_newest_oldest_first() -> None:
    recent = RecentFrames()
    frames = [seen("red", variant) for variant in range(4)]
    for frame in frames:
        recent.add(frame)
    assert recent.newest(2) == frames[2:]
    assert recent.newest(99) == frames
    assert recent.newest(0) == []


def test_the_ring_holds_64() -> None:
    recent = RecentFrames()
    frame = seen("red")
    for _ in range(RING_LENGTH + 3):
        recent.add(frame)
    assert len(recent) == RING_LENGTH == 64


def test_after_clear_nothing_is_a_cut() -> None:
    recent = RecentFrames()
    recent.add(seen("red"))
    recent.clear()
    assert len(recent) == 0
    assert recent.add(seen("blue")) is False
