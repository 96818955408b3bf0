# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The part of a picture that a region shows to the encoder."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.region import Box

CONTEXT = 0.0
"""Share of a box's sides that is added on each side. Source: the scenes of `make eval-bar`, 20 labels with 5
examples: top-1 is .804 with 0, .781 with .05 and .785 with .1."""
SMALLEST = 8
"""Pixels of a crop's side at least; a smaller box takes more of what is around it."""


def with_context(box: Box, width: int, height: int, context: float = CONTEXT) -> Box:
    """The box with what is around it, made squarer and cut to the picture.

    Encoders take the square in the middle. Of a box that is longer than twice its short side, the short one is
    widened to half of the long one, so that less of the object is cut off.

    Args:
        box: In the picture.
        width, height: Of the picture, in pixels.
        context: Share of each side that is added on both ends.

    >>> str(with_context(Box(40, 40, 20, 20), 100, 100, 0.1)), str(with_context(Box(0, 0, 2, 2), 100, 100))
    ('38,38,24,24', '0,0,5,5')
    """
    wide, high = box.width * (1 + 2 * context), box.height * (1 + 2 * context)
    wide, high = max(wide, high / 2, SMALLEST), max(high, wide / 2, SMALLEST)
    x, y = box.centre
    left, top = round(x - wide / 2), round(y - high / 2)
    return Box(left, top, round(wide), round(high)).cut(width, height)


def crop(bgr: npt.NDArray[np.uint8], box: Box) -> npt.NDArray[np.uint8]:
    """The part of a picture that the encoder gets to see for a box.

    Args:
        bgr: (H, W, 3) uint8.
        box: In the picture, with an area.

    Returns:
        (h, w, 3) uint8, a view into the picture.
    """
    wider = with_context(box, bgr.shape[1], bgr.shape[0])
    return bgr[wider.y : wider.bottom, wider.x : wider.right]
