# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.sources.notice import Event
from vfrt_ros.core.sources.picture_watch import BLACK_S, FROZEN_S, PictureWatch, Sight
from vfrt_ros.core.types.errors import SourceError


def noisy(seed: int, mean: float = 120.0) -> np.ndarray:
    """A sensor's picture: the same view, but never the same bytes."""
    noise = np.random.default_rng(seed).normal(mean, 2, (48, 64, 3))
    return np.clip(noise, 0, 255).astype(np.uint8)


SAME = noisy(0)
DARK = noisy(0, mean=4)
VIEWS = {
    "a camera": ([noisy(n) for n in range(9)], Sight.GOOD),
    "the same picture": ([SAME] * 9, Sight.FROZEN),
    "the same picture, then another": ([*[SAME] * 8, noisy(1)], Sight.GOOD),
    "a covered lens": ([noisy(n, mean=4) for n in range(9)], Sight.BLACK),
    "black and frozen": ([DARK] * 9, Sight.BLACK),
    "a dim room": ([noisy(n, mean=14) for n in range(9)], Sight.GOOD),
    "black for a moment": ([*[SAME] * 7, DARK, noisy(3)], Sight.GOOD),
}


@pytest.mark.parametrize(("pictures", "expected"), VIEWS.values(), ids=VIEWS.keys())
def test_what_the_pictures_are(pictures: list[np.ndarray], expected: Sight) -> None:
    watch = PictureWatch()
    sights = [watch.look(picture, number / 2) for number, picture in enumerate(pictures)]
    assert sights[-1] is expected


def test_it_takes_a_while() -> None:
    watch = PictureWatch()
    assert watch.look(SAME, 0.0) is watch.look(SAME, FROZEN_S - 0.01) is Sight.GOOD
    assert watch.look(SAME, FROZEN_S) is Sight.FROZEN
    assert watch.look(DARK, 10.0) is watch.look(DARK, 10.0 + BLACK_S - 0.01) is Sight.GOOD
    assert watch.look(DARK, 10.0 + BLACK_S) is Sight.BLACK


def test_one_changed_pixel_among_those_looked_at_is_life() -> None:
    watch, other = PictureWatch(), SAME.copy()
    other[8, 16, 1] ^= 1
    watch.look(SAME, 0.0)
    watch.look(other, 2.0)
    assert watch.look(other, FROZEN_S + 1.9) is Sight.GOOD


def test_a_frozen_source_is_to_be_opened_again_once_then_it_is_told() -> None:
    watch = PictureWatch()
    assert watch.tell("camera", SAME, 0.0) is None
    with pytest.raises(SourceError, match="The camera gives the same picture again and again"):
        watch.tell("camera", SAME, FROZEN_S)
    watch.restart()
    assert watch.tell("camera", SAME, 4.0) is None
    notice = watch.tell("camera", SAME, 4.0 + FROZEN_S)
    assert notice is not None
    assert notice.event is Event.FROZEN
    assert watch.tell("camera", SAME, 60.0) is None, "said once"
    notice = watch.tell("camera", noisy(1), 61.0)
    assert notice is not None
    assert notice.event is Event.SEES
    with pytest.raises(SourceError):
        watch.tell("camera", noisy(1), 61.0 + FROZEN_S)
