# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The overlay: readable at every size, and it shows what was answered."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.report.overlay import (
    KNOWN_COLOUR,
    UNKNOWN_COLOUR,
    ShownPace,
    draw_overlay,
)
from vfrt_ros.core.types.decision import UNKNOWN, Candidate, Decision
from vfrt_ros.core.types.reason import Reason
from vfrt_ros.core.types.recognised_object import RecognisedObject
from vfrt_ros.core.types.region import Box

NAN = float("nan")


def answer(label: str = "cup", *scores: float, reason: Reason = Reason.KNOWN) -> Decision:
    candidates = tuple(Candidate(f"label {n}", score, 0.5, NAN, 3) for n, score in enumerate(scores))
    return Decision(label, max(scores, default=0.0), 0.4, reason, candidates, 1)


def frame(width: int = 640, height: int = 480, value: int = 128) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def count(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((picture == np.array(colour)).all(axis=2).sum())


DECISIONS = {
    "known": answer("cup", 0.9, 0.05),
    "unknown": answer(UNKNOWN, 0.3, 0.2, reason=Reason.UNKNOWN_LOW_SCORE),
    "nothing learned": answer(UNKNOWN, reason=Reason.UNKNOWN_NOTHING_LEARNED),
    "more candidates than fit": answer("cup", *[0.02] * 40),
    "a very long label": answer("x" * 500, 0.9),
    "another script": answer("чашка ☕ 茶碗", 0.9),
    "an empty label": answer("", 0.9),
    "scores out of range": answer("cup", 1.7, -0.3),
}
SIZES = {
    "usual": (640, 480),
    "HD": (1920, 1080),
    "tall": (240, 960),
    "tiny": (32, 24),
    "a pixel": (1, 1),
    "a line": (600, 1),
    "a column": (1, 600),
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS.keys())
def test_every_answer_can_be_drawn_on_every_size(decision, size) -> None:
    before = frame(*size)
    after = draw_overlay(before, decision, ShownPace(29.9, 0.012))
    assert after.shape == before.shape
    assert after.dtype == np.uint8
    assert (before == 128).all(), "the frame itself is used again"
    assert (after != before).any()


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_a_note_about_the_picture_stands_below_the_banner(size) -> None:
    bare = draw_overlay(frame(*size), DECISIONS["nothing learned"])
    noted = draw_overlay(frame(*size), DECISIONS["nothing learned"], None, "demo: no camera was found")
    assert noted.shape == bare.shape
    changed = (noted != bare).any(axis=(1, 2)).nonzero()[0]
    if size == SIZES["usual"]:
        assert changed.min() >= 52 and changed.max() <= 80


COLOURS = {
    "known": (answer("cup", 0.9), KNOWN_COLOUR, UNKNOWN_COLOUR),
    "unknown": (answer(UNKNOWN, 0.3, reason=Reason.UNKNOWN_AMBIGUOUS), UNKNOWN_COLOUR, KNOWN_COLOUR),
}


@pytest.mark.parametrize(("decision", "shown", "not_shown"), COLOURS.values(), ids=COLOURS.keys())
def test_the_colour_tells_known_from_unknown(decision, shown, not_shown) -> None:
    picture = draw_overlay(frame(), decision)
    assert count(picture, shown) > 300
    assert count(picture, not_shown) == 0


def test_a_bar_is_as_long_as_its_score() -> None:
    lengths = [
        count(draw_overlay(frame(), answer("cup", score))[400:], KNOWN_COLOUR) for score in (0.2, 0.4, 0.8)
    ]
    assert lengths[1] == pytest.approx(2 * lengths[0], rel=0.05)
    assert lengths[2] == pytest.approx(4 * lengths[0], rel=0.05)


CHANGES = {
    "label": (answer("cup", 0.9), answer("cat", 0.9)),
    "score": (answer("cup", 0.91), answer("cup", 0.55)),
    "why it is unknown": (
        answer(UNKNOWN, 0.3, reason=Reason.UNKNOWN_AMBIGUOUS),
        answer(UNKNOWN, 0.3, reason=Reason.UNKNOWN_UNFAMILIAR),
    ),
    "one candidate more": (answer("cup", 0.9, 0.05), answer("cup", 0.9, 0.05, 0.01)),
    "threshold": (answer("cup", 0.9), Decision("cup", 0.9, 0.8, Reason.KNOWN, answer("cup", 0.9).candidates, 1)),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), CHANGES.values(), ids=CHANGES.keys())
def test_what_differs_is_seen(one, other) -> None:
    assert (draw_overlay(frame(), one) != draw_overlay(frame(), other)).any()


def test_the_pace_is_shown_where_it_is_given() -> None:
    without = draw_overlay(frame(), answer("cup", 0.9))
    slow, fast = (draw_overlay(frame(), answer("cup", 0.9), ShownPace(fps, 0.02)) for fps in (3.0, 30.0))
    for one, other in ((without, slow), (slow, fast)):
        assert (one != other)[:52, 400:].any()
        assert (one == other)[52:].all()


def test_the_middle_of_the_picture_stays_as_it_is() -> None:
    picture = draw_overlay(frame(), answer("cup", *[0.2] * 5), ShownPace(30.0, 0.01))
    assert (picture[60:320] == 128).all()


def test_lettering_is_readable_on_white() -> None:
    picture = draw_overlay(frame(value=255), answer("cup", 0.9))
    assert picture[:52, 200:].max(axis=2).min() < 100


def test_every_reason_for_unknown_is_in_the_banner() -> None:
    assert {reason for reason in Reason if reason.short} == set(Reason) - {Reason.KNOWN}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize("box", [Box(0, 0, 1, 1), Box(0, 0, 9999, 9999), Box(600, 470, 40, 10)])
def test_objects_can_be_drawn_on_every_size(size, box) -> None:
    picture = frame(*size)
    part = box.cut(*size)
    objects = (
        [RecognisedObject(2**32 - 1, part, decision) for decision in DECISIONS.values()] if part.area else []
    )
    assert draw_overlay(picture, DECISIONS["known"], objects=objects).shape == picture.shape


def test_no_box_crosses_what_is_written() -> None:
    """The banner and the candidates stand above it."""
    box = Box(40, 20, 150, 440)
    drawn = draw_overlay(
        frame(), DECISIONS["known"], objects=[RecognisedObject(1, box, DECISIONS["unknown"])]
    )
    assert not (drawn[52:465, 40] == UNKNOWN_COLOUR).all(axis=1).all()
    assert (drawn[100:200, 40] == UNKNOWN_COLOUR).all()
    assert not (drawn[458:460, 45:185] == UNKNOWN_COLOUR).all(axis=2).any()


def test_an_object_is_drawn_in_its_colour() -> None:
    picture = frame()
    known = RecognisedObject(1, Box(300, 200, 100, 80), DECISIONS["known"])
    unknown = RecognisedObject(2, Box(450, 300, 100, 80), DECISIONS["unknown"])
    drawn = draw_overlay(picture, DECISIONS["nothing learned"], objects=[known, unknown])
    for each, colour in ((known, KNOWN_COLOUR), (unknown, UNKNOWN_COLOUR)):
        bottom = drawn[each.box.bottom - 1, each.box.x + 5 : each.box.right - 5]
        assert (bottom == colour).all()
        tag = drawn[each.box.y - 20 : each.box.y, each.box.x : each.box.right]
        assert count(tag, colour) > 5, "a tag is written"
    assert (picture == frame()).all()
