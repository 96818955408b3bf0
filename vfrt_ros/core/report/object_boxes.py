# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes of objects in a picture, each with its label, score and track."""

from __future__ import annotations

from collections.abc import Sequence

import cv2

from vfrt_ros.core.report.lettering import Colour, Picture, shade, write
from vfrt_ros.core.types.recognised_object import RecognisedObject

KNOWN_COLOUR: Colour = (96, 200, 80)
UNKNOWN_COLOUR: Colour = (60, 150, 245)
TAG = 20.0
"""Height of the line of text above a box, in pixels of a picture that is 480 high."""


def draw_objects(picture: Picture, objects: Sequence[RecognisedObject], unit: float) -> None:
    """Draw a box with a tag for each object, in place.

    Args:
        picture: (H, W, 3) uint8 BGR.
        objects: In the picture.
        unit: Size of what is drawn; 1 for a picture that is 480 high.
    """
    for each in objects:
        colour = KNOWN_COLOUR if each.decision.known else UNKNOWN_COLOUR
        box, line = each.box, max(1, round(2 * unit))
        cv2.rectangle(picture, (box.x, box.y), (box.right - 1, box.bottom - 1), colour, line)
        _tag(picture, each, colour, unit)


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


def _tag(picture: Picture, each: RecognisedObject, colour: Colour, unit: float) -> None:
    """The tag above the box, or inside at its upper edge where there is no room above."""
    box, height = each.box, round(TAG * unit)
    top = box.y - height if box.y >= height else box.y
    room = max(box.width, round(90 * unit))
    left = max(0, min(box.x, picture.shape[1] - room))
    shade(picture[top : top + height, left : left + room])
    write(picture, tag_of(each), left + 4 * unit, top + height / 2, 14 * unit, colour, room=room - 8 * unit)
