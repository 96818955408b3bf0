# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Stamps of cameras as they are: what is missing is counted, and what only looks like it is not."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.frames.stamp_pace import FEWEST, pace_of


def steady(fps: float, count: int = 150, jitter: float = 0.05, start: float = 1_700_000_000.0) -> np.ndarray:
    """Stamps of a camera; `jitter` is a standard deviation as a share of the interval."""
    random = np.random.default_rng(count)
    return start + (np.arange(count) + random.normal(0, jitter, count).clip(-0.4, 0.4)) / fps


def thinned(stamps: np.ndarray, lost: float, seed: int = 1) -> np.ndarray:
    """What is left where frames are lost at random."""
    return stamps[np.random.default_rng(seed).random(len(stamps)) >= lost]


def after(first: np.ndarray, second: np.ndarray, pause: float) -> np.ndarray:
    return np.concatenate([first, first[-1] + pause + second - second[0]])


LOSSY = {
    "a few": (thinned(steady(30.0, 300), 0.08), 30.0, 0.08),
    "half of them": (thinned(steady(30.0, 300), 0.47), 30.0, 0.47),
    "most of them, at 10 a second": (thinned(steady(10.0, 200), 0.6), 10.0, 0.6),
    "with the stamps of a bad clock": (thinned(steady(30.0, 300, jitter=0.08), 0.3), 30.0, 0.3),
    "with simulated time from zero": (thinned(steady(15.0, 300, start=0.0), 0.3), 15.0, 0.3),
    "a loss in bursts": (steady(30.0, 300)[np.arange(300) % 20 >= 4], 30.0, 0.2),
    "beside a pause": (
        after(thinned(steady(30.0, 200), 0.4), thinned(steady(30.0, 200), 0.4, 2), 5.0),
        30.0,
        0.4,
    ),
}
NOT_LOSSY = {
    "a steady camera": (steady(30.0), 30.0),
    "an exact one": (steady(30.0, jitter=0.0), 30.0),
    "a slow one": (steady(0.5, 30), 0.5),
    "one with jitter": (steady(30.0, jitter=0.12), 30.0),
    "one that was paused": (after(steady(30.0, 60), steady(30.0, 60), 7.0), 30.0),
    "one whose rate was halved": (after(steady(30.0, 60), steady(15.0, 60), 1 / 15), None),
    "one whose rate was doubled": (after(steady(15.0, 60), steady(30.0, 60), 1 / 30), None),
    "one whose rate was changed to another": (after(steady(30.0, 60), steady(20.0, 60), 1 / 20), None),
    "one that slows down in the dark": (1e9 + np.cumsum(np.linspace(0.03, 0.12, 120)), None),
    "one whose clock was set back": (np.concatenate([steady(30.0, 60), steady(30.0, 60) - 3600]), 30.0),
}
NO_PACE = {
    "no stamps": np.array([]),
    "too few": steady(30.0, FEWEST),
    "zero stamps": np.zeros(100),
    "the same stamp again and again": np.full(100, 1e9),
    "a clock that stands still at last": np.concatenate([steady(30.0, 90), np.full(3, 2e9)]),
    "what comes when it comes": 1e9 + np.cumsum(np.random.default_rng(3).exponential(0.1, 200)),
    "anything between": 1e9 + np.cumsum(np.random.default_rng(4).uniform(0.02, 0.06, 200)),
    "film at the pace of television": 1e9 + np.cumsum(np.tile([2 / 60, 3 / 60], 60)),
}


@pytest.mark.parametrize(("stamps", "fps", "share"), LOSSY.values(), ids=LOSSY)
def test_what_is_missing_is_counted(stamps: np.ndarray, fps: float, share: float) -> None:
    pace = pace_of(stamps)
    assert pace is not None
    assert 1 / pace.interval == pytest.approx(fps, rel=0.05)
    assert pace.share == pytest.approx(share, abs=0.05)
    assert pace.share > 0.04


@pytest.mark.parametrize(("stamps", "fps"), NOT_LOSSY.values(), ids=NOT_LOSSY)
def test_what_only_looks_like_a_loss_is_none(stamps: np.ndarray, fps: float | None) -> None:
    pace = pace_of(stamps)
    assert pace is not None
    assert pace.share < 0.02
    assert fps is None or 1 / pace.interval == pytest.approx(fps, rel=0.05)


@pytest.mark.parametrize("stamps", NO_PACE.values(), ids=NO_PACE)
def test_stamps_without_a_pace_say_nothing(stamps: np.ndarray) -> None:
    assert pace_of(stamps) is None
