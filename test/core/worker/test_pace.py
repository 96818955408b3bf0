# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""When the next item of a stream is worth waiting for."""

from __future__ import annotations

import pytest

from vfrt_ros.core.worker.pace import Rhythm


def after(*beats: float) -> Rhythm:
    rhythm = Rhythm()
    for beat in beats:
        rhythm.beat(beat)
    return rhythm


MOMENTS = {
    "just after an item": (5.1, 0.0),
    "half way": (5.5, 0.0),
    "a moment before the next": (5.9, 0.175),
    "a little late": (6.05, 0.025),
    "too late": (6.1, 0.0),
    "much too late": (60.0, 0.0),
}


@pytest.mark.parametrize(("now", "expected"), MOMENTS.values(), ids=MOMENTS)
def test_patience_with_a_steady_stream(now, expected) -> None:
    assert after(0, 1, 2, 3, 4, 5).patience(now) == pytest.approx(expected)


IRREGULAR = {
    "nothing came": (),
    "one item": (5.0,),
    "too few": (3.0, 4.0, 5.0),
    "by fits and starts": (0.0, 1.0, 3.5, 3.6, 4.4, 5.0),
    "a pause just now": (0.0, 0.2, 0.4, 0.6, 0.8, 5.0),
}


@pytest.mark.parametrize("beats", IRREGULAR.values(), ids=IRREGULAR)
def test_without_a_rhythm_nothing_is_waited_for(beats) -> None:
    assert after(*beats).patience(5.95) == 0.0


def test_a_new_pace_is_learned_and_jitter_is_borne() -> None:
    rhythm = after(0, 1, 2, 3, 3.5, 4.02, 4.5, 4.98, 5.5)
    assert 0.0 < rhythm.patience(5.95) < 0.1
