# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vfrt_ros.core.sources.demo import SECONDS_PER_PHOTO, SHOTS, DemoSource
from vfrt_ros.core.types.errors import SourceError

SIZE = (160, 120)


@pytest.fixture(scope="module")
def demo() -> DemoSource:
    return DemoSource(size=SIZE, fps=30)


def test_the_same_time_shows_the_same_picture(demo: DemoSource) -> None:
    again = DemoSource(size=SIZE, fps=10)
    for time in (0.0, 3.3, 11.0, 39.99):
        assert (demo.picture_at(time) == again.picture_at(time)).all()
    assert (demo.picture_at(1.0) == demo.picture_at(1.0 + len(SHOTS) * SECONDS_PER_PHOTO)).all()


def test_each_photograph_has_its_seconds(demo: DemoSource) -> None:
    middles = [demo.picture_at((number + 0.5) * SECONDS_PER_PHOTO) for number in range(len(SHOTS))]
    for number, first in enumerate(middles):
        for second in middles[number + 1 :]:
            assert np.abs(first.astype(int) - second).mean() > 20


def test_the_picture_moves_but_slowly(demo: DemoSource) -> None:
    for number in range(len(SHOTS)):
        start = (number + 0.25) * SECONDS_PER_PHOTO
        near, far = demo.picture_at(start + 1 / 30), demo.picture_at(start + 1)
        still = demo.picture_at(start).astype(int)
        assert 0 < np.abs(near - still).mean() < 3
        assert np.abs(far - still).mean() > np.abs(near - still).mean()


def test_frames_come_a_period_apart_and_late_ones_are_passed_over(demo: DemoSource) -> None:
    source = DemoSource(size=SIZE, fps=10)
    times = [frame.time for frame in (source.read(), source.read(), source.read(5.0), source.read()) if frame]
    assert times == pytest.approx([0, 0.1, 5.0, 5.1])


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (48, 64)], ids=["4:3", "16:9", "upright"])
def test_every_size_is_filled(size: tuple[int, int]) -> None:
    picture = DemoSource(size=size, fps=30).picture_at(12)
    assert picture.shape == (size[1], size[0], 3)
    assert picture.dtype == np.uint8


def test_without_the_photographs_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SourceError, match="pip install scikit-image"):
        DemoSource(size=SIZE, fps=30)


def test_a_missing_photograph_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"chelsea\.png"):
        DemoSource(size=SIZE, fps=30, folder=tmp_path)


def test_scikit_image_is_not_imported() -> None:
    code = (
        "import sys; from vfrt_ros.core.sources.demo import DemoSource; "
        "DemoSource(size=(64, 48), fps=30); sys.exit('skimage' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
