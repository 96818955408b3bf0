# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The demo with several things: the same time, the same picture, and `motion` sees what comes in."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.config.settings import CameraSettings
from vfrt_ros.core.frames.regions.motion import MotionSource
from vfrt_ros.core.sources.demo_objects import CARDS, EMPTY_SECONDS, NAME, DemoObjectsSource
from vfrt_ros.core.sources.open_source import SourceKind, open_source, source_kind


@pytest.mark.parametrize("size", [(640, 480), (320, 240), (1280, 720), (240, 320)])
def test_the_same_time_shows_the_same_picture(size: tuple[int, int]) -> None:
    one, other = (DemoObjectsSource(size=size, fps=10.0) for _ in range(2))
    for time in (0.0, 2.0, 7.3, 100.0):
        assert one.picture_at(time).shape == (size[1], size[0], 3)
        assert (one.picture_at(time) == other.picture_at(time)).all()


def test_the_table_is_empty_at_first() -> None:
    source = DemoObjectsSource(size=(320, 240), fps=10.0)
    assert (source.picture_at(0.0) == source.picture_at(EMPTY_SECONDS)).all()
    assert min(card.start for card in CARDS) == EMPTY_SECONDS


def test_it_is_opened_by_its_name() -> None:
    assert source_kind(NAME) is SourceKind.DEMO
    source = open_source(CameraSettings(source=NAME, size=(320, 240)))
    assert isinstance(source, DemoObjectsSource)
    frames = [source.read() for _ in range(2)]
    assert all(frame is not None and frame.image.shape == (240, 320, 3) for frame in frames)


def test_motion_sees_what_comes_in() -> None:
    source, motion = DemoObjectsSource(size=(320, 240), fps=10.0), MotionSource()
    found = {}
    for number in range(120):
        time = number / 10
        found[time] = len(motion.propose(source.picture_at(time), time))
    assert not any(count for time, count in found.items() if time <= EMPTY_SECONDS)
    assert np.mean([count >= 2 for time, count in found.items() if 5.0 <= time <= 9.0]) > 0.8
