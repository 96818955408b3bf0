# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What is lost, what was replaced, and from when on it is told."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from vfrt_ros.core.frames.frame_loss import FrameLoss, Loss


class Second:
    """A second of a stream of 30 frames a second.

    Args:
        lost: Frames that never came.
        replaced: Frames that came and were not taken.
        sent: By the camera.
    """

    def __init__(self, lost: int = 0, replaced: int = 0, sent: int = 30) -> None:
        self.lost, self.replaced, self.sent = lost, replaced, sent


def run(seconds: Iterable[Second], first_number: int = 1, loss: FrameLoss | None = None) -> Loss:
    """How it is after these."""
    loss = loss or FrameLoss()
    number = first_number
    for second in seconds:
        skipped = second.lost + second.replaced
        for n in range(second.sent):
            if n >= skipped:
                loss.came(number / 30, number)
            number += 1
        if second.lost:
            loss.lost(second.lost)
        found = loss.look()
    return found


GOOD, BAD = Second(), Second(lost=14)
STREAMS = {
    "nothing lost": ([GOOD] * 12, (360, 0, 0), 0.0, False),
    "half of it": ([GOOD, *[BAD] * 10], (190, 140, 0), 0.467, True),
    "a little": ([Second(lost=1)] * 10, (290, 10, 0), 0.033, False),
    "five in a hundred": ([Second(lost=2)] * 10, (280, 20, 0), 0.067, True),
    "two bad seconds": ([*[GOOD] * 8, BAD, BAD], (272, 28, 0), 0.093, False),
    "a cable cut for ten seconds": (
        [GOOD, Second(lost=300, sent=300), *[GOOD] * 3],
        (120, 300, 0),
        0.714,
        False,
    ),
    "long ago": ([*[BAD] * 10, *[GOOD] * 10], (460, 140, 0), 0.0, False),
    "newer ones won": ([GOOD, *[Second(replaced=15)] * 10], (180, 0, 150), 0.0, False),
    "both": ([GOOD, *[Second(lost=9, replaced=6)] * 10], (180, 90, 60), 0.3, True),
    "no frame at all": ([Second(sent=0)] * 12, (0, 0, 0), 0.0, False),
}


@pytest.mark.parametrize(("seconds", "counts", "share", "is_lossy"), STREAMS.values(), ids=STREAMS)
def test_streams(seconds: list[Second], counts: tuple, share: float, is_lossy: bool) -> None:
    found = run(seconds)
    assert (found.came, found.lost, found.replaced) == counts
    assert found.share == pytest.approx(share, abs=0.001)
    assert found.is_lossy is is_lossy


def test_what_is_lost_before_the_first_frame_hides_nothing_that_was_replaced_later() -> None:
    loss = FrameLoss()
    loss.lost(41)
    assert run([Second(replaced=5)] * 2, first_number=42, loss=loss).replaced == 5


def test_a_publisher_that_begins_anew_has_lost_nothing() -> None:
    loss = FrameLoss()
    run([GOOD] * 3, first_number=5000, loss=loss)
    found = run([GOOD] * 3, first_number=1, loss=loss)
    assert (found.came, found.lost, found.replaced) == (180, 0, 0)


def test_another_subscription_begins_without_what_was_sent_between() -> None:
    loss = FrameLoss()
    run([BAD] * 5, loss=loss)
    loss.restart(is_told=True)
    found = run([GOOD], first_number=9000, loss=loss)
    assert (found.lost, found.replaced, found.share, found.is_lossy) == (70, 0, 0.0, False)


def test_where_nothing_is_told_the_stamps_say_it() -> None:
    loss = FrameLoss()
    loss.restart(is_told=False)
    for number in range(300):
        if number % 5 not in (1, 2):
            loss.came(1000 + number / 30, None)
        if number % 30 == 29:
            found = loss.look()
    assert found.pace is not None
    assert found.pace.share == pytest.approx(0.4, abs=0.02)
    assert found.lost == pytest.approx(120, abs=30)
    assert found.is_lossy


def test_stamps_are_only_shown_where_the_middleware_tells() -> None:
    loss = FrameLoss()
    for number in range(100):
        if number % 5 not in (1, 2):
            loss.came(1000 + number / 30, number + 1)
    found = loss.look()
    assert found.pace is not None
    assert found.pace.share > 0.3
    assert (found.lost, found.replaced) == (0, 40)
