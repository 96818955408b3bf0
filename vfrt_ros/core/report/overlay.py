# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The picture that people watch: the frame with the answer drawn over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vfrt_ros.core.report.lettering import Colour, Picture, shade, write
from vfrt_ros.core.types.decision import Candidate, Decision
from vfrt_ros.core.types.recognised_object import RecognisedObject

WHITE: Colour = (255, 255, 255)
GREY: Colour = (190, 190, 190)
DESIGN_HEIGHT = 480.0


@dataclass(frozen=True, slots=True)
class ShownPace:
    """How fast recognition goes: `fps` recognitions per second, `latency` seconds from stamp to answer."""

    fps: float
    latency: float


def draw_overlay(
    bgr: Picture,
    decision: Decision,
    pace: ShownPace | None = None,
    note: str = "",
    objects: Sequence[RecognisedObject] = (),
) -> Picture:
    """The frame with a banner (label, score, pace), the candidates as bars, and a box around each object.

    Args:
        bgr: (H, W, 3) uint8; it is not changed.
        decision: Its answer.
        pace: Shown at the banner's right; None leaves it out.
        note: A line below the banner about the picture itself, for example that it is a demo.
        objects: In the frame.

    Returns:
        (H, W, 3) uint8 BGR.
    """
    picture = bgr.copy()
    unit = max(picture.shape[0] / DESIGN_HEIGHT, 0.25)
    draw_boxes(picture, objects, unit)  # below what is written
    _banner(picture, decision, pace, unit)
    _bars(picture, decision, unit)
    if note:
        _note(picture, note, unit)
    draw_tags(picture, objects, unit)
    return picture


def _banner(picture: Picture, decision: Decision, pace: ShownPace | None, unit: float) -> None:
    height, margin = round(52 * unit), round(12 * unit)
    colour = KNOWN_COLOUR if decision.known else UNKNOWN_COLOUR
    shade(picture[:height])
    picture[:height, : max(2, round(6 * unit))] = colour
    width = picture.shape[1]
    right = f"{pace.fps:.0f} fps   {1e3 * pace.latency:.0f} ms" if pace else ""
    taken = write(picture, right, width - margin, height / 2, 15 * unit, GREY, align="right") if right else 0
    x = margin + round(6 * unit)
    room = width - taken - 2 * margin - x
    x += write(picture, decision.label, x, height / 2, 28 * unit, colour, room=room) + margin
    room = width - taken - 2 * margin - x
    if room > 40 * unit:
        write(picture, _detail(decision), x, height / 2 + 3 * unit, 16 * unit, WHITE, room=room)


def _note(picture: Picture, note: str, unit: float) -> None:
    top, height = round(52 * unit), round(26 * unit)
    shade(picture[top : top + height])
    room = picture.shape[1] - 24 * unit
    write(picture, note, 18 * unit, top + height / 2, 15 * unit, UNKNOWN_COLOUR, room=room)


def _detail(decision: Decision) -> str:
    if decision.known:
        return f"{decision.score:.0%}"
    return decision.reason.short


def _bars(picture: Picture, decision: Decision, unit: float) -> None:
    row, margin = round(24 * unit), round(12 * unit)
    fitting = max(0, int((picture.shape[0] - 60 * unit) // row) - 1)
    candidates = decision.candidates[:fitting]
    if not candidates:
        return
    width = min(round(300 * unit), picture.shape[1])
    top = picture.shape[0] - row * len(candidates) - margin
    shade(picture[top - margin // 2 :, :width])
    for number, candidate in enumerate(candidates):
        best = number == 0 and decision.known
        _bar(picture, candidate, top + row * number, width, unit, KNOWN_COLOUR if best else GREY)
    if decision.threshold > 0:
        x = _bar_left(width) + round((_bar_right(width, unit) - _bar_left(width)) * decision.threshold)
        cv2.line(picture, (x, top), (x, top + row - 4), WHITE, max(1, round(unit)))


def _bar(picture: Picture, candidate: Candidate, y: int, width: int, unit: float, colour: Colour) -> None:
    row, margin = round(24 * unit), round(12 * unit)
    left, right = _bar_left(width), _bar_right(width, unit)
    middle = y + row / 2 - 2 * unit
    write(picture, candidate.label, margin, middle, 14 * unit, WHITE, room=left - margin - 6 * unit)
    bottom = round(y + row - 8 * unit)
    cv2.rectangle(picture, (left, round(y + 4 * unit)), (right, bottom), (70, 70, 70), -1)
    end = left + round((right - left) * float(np.clip(candidate.score, 0, 1)))
    if end > left:
        cv2.rectangle(picture, (left, round(y + 4 * unit)), (end, bottom), colour, -1)
    write(picture, f"{candidate.score:.2f}", width - margin // 2, middle, 13 * unit, WHITE, align="right")


def _bar_left(width: int) -> int:
    return round(width * 0.46)


def _bar_right(width: int, unit: float) -> int:
    return round(width - 46 * unit)


KNOWN_COLOUR: Colour = (96, 200, 80)
UNKNOWN_COLOUR: Colour = (60, 150, 245)
TAG = 20.0
"""Height of the line of text above a box, in pixels of a picture that is 480 high."""


def draw_boxes(picture: Picture, objects: Sequence[RecognisedObject], unit: float) -> None:
    """Draw a box around each object, in place.

    Args:
        picture: (H, W, 3) uint8 BGR.
        objects: In the picture.
        unit: Size of what is drawn; 1 for a picture that is 480 high.
    """
    for each in objects:
        box, line = each.box, max(1, round(2 * unit))
        cv2.rectangle(picture, (box.x, box.y), (box.right - 1, box.bottom - 1), _colour(each), line)


def draw_tags(picture: Picture, objects: Sequence[RecognisedObject], unit: float) -> None:
    """Write each object's tag at its box, in place; arguments as for `draw_boxes`."""
    for each in objects:
        _tag(picture, each, _colour(each), unit)


def tag_of(each: RecognisedObject) -> str:
    """The text beside a box: the label, its score where it is known, and the track.

    Args:
        each: Known or not.

    >>> from vfrt_ros.core.types.decision import Decision
    >>> from vfrt_ros.core.types.reason import Reason
    >>> from vfrt_ros.core.types.region import Box
    >>> tag_of(RecognisedObject(7, Box(0, 0, 9, 9), Decision("cup", 0.93, 0.4, Reason.KNOWN, (), 1)))
    'cup 93% #7'
    """
    score = f" {each.decision.score:.0%}" if each.decision.known else ""
    track = f" #{each.track}" if each.track else ""
    return f"{each.decision.label}{score}{track}"


def _colour(each: RecognisedObject) -> Colour:
    return KNOWN_COLOUR if each.decision.known else UNKNOWN_COLOUR


def _tag(picture: Picture, each: RecognisedObject, colour: Colour, unit: float) -> None:
    """The tag above the box, or inside at its upper edge where there is no room above."""
    box, height = each.box, round(TAG * unit)
    top = box.y - height if box.y >= height else box.y
    room = max(box.width, round(90 * unit))
    left = max(0, min(box.x, picture.shape[1] - room))
    shade(picture[top : top + height, left : left + room])
    write(picture, tag_of(each), left + 4 * unit, top + height / 2, 14 * unit, colour, room=room - 8 * unit)
