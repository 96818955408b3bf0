# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Follow a box back through the pictures before the one that it was drawn in."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.frames.regions.crop import crop
from vfrt_ros.core.types.region import Box, check_box

Frame = npt.NDArray[np.uint8]
SIDE = 48
"""Long side, in pixels, at which a box is compared; a larger one is made smaller first."""
REACH = 0.5
"""How far it may move from picture to picture, as a share of its long side."""
LEAST_CORRELATION = 0.6
"""Normalised correlation below which it is not the same thing."""
STILL = 0.02
"""A box that correlates as well where it was, but for this, has not moved: rounding is not movement."""
PLAIN = 2.0
MOST_DIFFERENCE = 8.0
"""A box with less deviation than `PLAIN` grey levels has nothing to correlate: it has to be as bright as before."""


def follow_back(frames: Sequence[Frame], box: Box) -> list[Box | None]:
    """Where what a box shows was in the pictures before.

    Each picture is searched for what the next one shows in its box, by normalised correlation.

    Args:
        frames: (H, W, 3) uint8 BGR each, oldest first; the box lies in the last one.
        box: In the last one, with an area.

    Returns:
        The box in each frame, in order; None in all frames up to the one in which it was not found again.
    """
    found: list[Box | None] = [box]
    for older, newer in zip(reversed(frames[:-1]), reversed(frames[1:]), strict=True):
        known = found[-1]
        found.append(None if known is None else _find(older, newer, known))
    return found[::-1]


def crops_of(frames: Sequence[Frame], box: Box) -> list[Frame]:
    """The crops that a box shows, in the picture that it was drawn in and in those before, oldest first.

    Args:
        frames: (H, W, 3) uint8 BGR each, oldest first, at least one; the box is in the last one.
        box: As a person drew it.

    Raises:
        RequestError: It does not lie in the last picture.
    """
    height, width = frames[-1].shape[:2]
    checked = check_box((box.x, box.y, box.width, box.height), width, height)
    found = zip(frames, follow_back(frames, checked), strict=True)
    return [crop(frame, place) for frame, place in found if place is not None]


def _find(older: Frame, newer: Frame, box: Box) -> Box | None:
    """The box in the older picture; None = it is not there."""
    if older.shape != newer.shape:
        return None
    scale = min(1.0, SIDE / max(box.width, box.height))
    margin = max(2, round(REACH * max(box.width, box.height)))
    area = Box(box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin)
    area = area.cut(older.shape[1], older.shape[0])
    template, place = _grey(newer, box, scale), _grey(older, area, scale)
    if place.shape[0] < template.shape[0] or place.shape[1] < template.shape[1]:
        return None
    if float(template.std()) < PLAIN:
        difference = cv2.absdiff(template, _grey(older, box, scale))
        return box if float(difference.mean()) <= MOST_DIFFERENCE else None
    matches = cv2.matchTemplate(place, template, cv2.TM_CCOEFF_NORMED)
    _, correlation, _, (x, y) = cv2.minMaxLoc(matches)
    if not correlation >= LEAST_CORRELATION:
        return None
    across, down = area.width / place.shape[1], area.height / place.shape[0]
    here = (
        min(round((box.x - area.x) / across), matches.shape[1] - 1),
        min(round((box.y - area.y) / down), matches.shape[0] - 1),
    )
    if matches[here[1], here[0]] >= correlation - STILL:
        return box
    moved = Box(area.x + round(x * across), area.y + round(y * down), box.width, box.height)
    return moved.cut(older.shape[1], older.shape[0])


def _grey(bgr: Frame, box: Box, scale: float) -> Frame:
    part = bgr[box.y : box.bottom, box.x : box.right]
    size = (max(1, round(box.width * scale)), max(1, round(box.height * scale)))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
