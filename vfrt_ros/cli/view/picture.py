# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The layer of `vfrt view` over the overlay: answers, a line that is being typed, the keys, or what is wrong."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from vfrt_ros.cli.view.keys import KEYS, MOUSE, Entry
from vfrt_ros.core.report.lettering import Colour, Picture, shade, write
from vfrt_ros.core.types.region import Box

HEIGHT, WIDTH = 480, 640
"""Of the picture where there is none yet; a smaller overlay is enlarged, so that text stays readable."""
WHITE: Colour = (255, 255, 255)
YELLOW: Colour = (80, 220, 255)
RED: Colour = (90, 90, 255)
_LINE, _SIZE, _MARGIN = 24, 16, 14
_BANNER = 58
"""Where the overlay's own banner ends."""


@dataclass(frozen=True)
class ViewScene:
    """Everything that a picture shows beside the overlay.

    Attributes:
        trouble: Why there is no new picture; empty where all is well.
        entry: What is being typed, if anything is.
        help: Whether the keys are shown.
        notices: Answers of the node, oldest first.
        box: What the mouse draws or has drawn, in pixels of the window.
    """

    trouble: str = ""
    entry: Entry | None = None
    help: bool = False
    notices: Sequence[str] = field(default_factory=tuple)
    box: Box | None = None


def draw_scene(overlay: Picture | None, scene: ViewScene) -> Picture:
    """The picture of the window.

    Args:
        overlay: (H, W, 3) uint8 BGR; it is not changed. None where there is none yet.

    Returns:
        (H, W, 3) uint8 BGR, at least `HEIGHT` high.
    """
    picture = _canvas(overlay)
    if scene.trouble:
        picture[:] = picture // 3
    if scene.box:
        corners = (scene.box.x, scene.box.y), (scene.box.right - 1, scene.box.bottom - 1)
        cv2.rectangle(picture, *corners, YELLOW, 2)
    top = _block(picture, _BANNER, _wrapped(picture, [scene.trouble]), RED) if scene.trouble else _BANNER
    if scene.help:
        keys = [(key, what) for key, (_, what) in KEYS.items()]
        top = _block(picture, top, [f"{key}   {what}" for key, what in [*keys, MOUSE]], WHITE)
    top = _block(picture, top, _wrapped(picture, scene.notices), YELLOW)
    if scene.entry:
        lines = [*_wrapped(picture, [f"{scene.entry.question} {scene.entry.text}_"])]
        _block(picture, top, [*lines, "Enter: do it   Esc: leave it"], WHITE)
    return picture


def in_overlay(box: Box, overlay: Picture | None, scene: Picture | None) -> Box | None:
    """A box of the window in pixels of the overlay; None where there is none yet, or it lies outside.

    Args:
        box: As the mouse drew it.
        overlay: The node's picture.
        scene: The picture of the window, as `draw_scene` made it.
    """
    if overlay is None or scene is None:
        return None
    scale = overlay.shape[0] / scene.shape[0]
    left, top = round(box.x * scale), round(box.y * scale)
    right, bottom = round(box.right * scale), round(box.bottom * scale)
    cut = Box(left, top, right - left, bottom - top).cut(overlay.shape[1], overlay.shape[0])
    return cut if cut.area else None


def _canvas(overlay: Picture | None) -> Picture:
    if overlay is None:
        return np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    if overlay.shape[0] >= HEIGHT:
        return overlay.copy()
    width = round(overlay.shape[1] * HEIGHT / overlay.shape[0])
    return np.asarray(cv2.resize(overlay, (width, HEIGHT), interpolation=cv2.INTER_LINEAR), np.uint8)


def _unit(picture: Picture) -> float:
    """Pixels for each pixel of a picture that is `HEIGHT` high; less where a picture is tall and narrow."""
    return max(min(picture.shape[0] / HEIGHT, picture.shape[1] / WIDTH), 0.5)


def _wrapped(picture: Picture, texts: Sequence[str]) -> list[str]:
    # A letter is about half as wide as it is high.
    letters = int((picture.shape[1] / _unit(picture) - 2 * _MARGIN) / (0.56 * _SIZE))
    return [line for text in texts for line in textwrap.wrap(text, max(letters, 20))]


def _block(picture: Picture, top: float, lines: Sequence[str], colour: Colour) -> float:
    """Lines on a darkened strip; returns where the next strip may begin."""
    if not lines:
        return top
    unit = _unit(picture)
    bottom = top + len(lines) * _LINE + _MARGIN
    shade(picture[round(top * unit) : round(bottom * unit)])
    for number, line in enumerate(lines):
        middle = top + _MARGIN / 2 + (number + 0.5) * _LINE
        room = picture.shape[1] - 2 * _MARGIN * unit
        write(picture, line, _MARGIN * unit, middle * unit, _SIZE * unit, colour, room=room)
    return bottom + 4
