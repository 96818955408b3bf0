# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Text as pixels, in any script that the font has (OpenCV's own fonts know ASCII only)."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
"""Blue, green, red."""

ELLIPSIS = "…"
SHADE = 0.35
"""The share of the picture's brightness that is left behind lettering."""


@functools.lru_cache(maxsize=512)
def letters(text: str, size: int, room: int) -> npt.NDArray[np.float32]:
    """The opacity of a line of text.

    Args:
        text: Cut with an ellipsis where it does not fit.
        size: Height of the font, pixels.
        room: Width that there is, pixels.

    Returns:
        (h, w) float32 in [0, 1]; h depends on the size alone, w <= max(room, 1).
    """
    font = _font(size)
    while text and font.getlength(text) > room:
        text = text[:-2].rstrip() + ELLIPSIS if len(text) > 2 else ""
    width = max(1, round(font.getlength(text)))
    image = Image.new("L", (width, round(1.4 * size)))
    ImageDraw.Draw(image).text((0, 0.7 * size), text, fill=255, font=font, anchor="lm")
    return (np.asarray(image) / 255).astype(np.float32)


def shade(region: Picture) -> None:
    """Darken a part of a picture in place, so that lettering can be read on it.

    Args:
        region: (h, w, 3) uint8, a view of the picture.
    """
    np.multiply(region, SHADE, out=region, casting="unsafe")


def write(
    picture: Picture,
    text: str,
    x: float,
    middle: float,
    size: float,
    colour: Colour,
    *,
    align: str = "left",
    room: float = np.inf,
) -> int:
    """Blend a line of text into a picture, in place.

    Args:
        picture: (H, W, 3) uint8 BGR.
        text: Cut with an ellipsis where it is wider than `room` pixels.
        x: The left end of the line, or its right end where `align` is "right".
        middle: Height of the line's middle.
        size: Height of the font, pixels.

    Returns:
        The width that it takes, pixels.
    """
    mask = letters(text, max(6, round(size)), int(min(room, 10_000)))
    height, width = mask.shape
    left = round(x - width if align == "right" else x)
    top = round(middle - height / 2)
    rows = slice(max(top, 0), min(top + height, picture.shape[0]))
    columns = slice(max(left, 0), min(left + width, picture.shape[1]))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return 0
    part = picture[rows, columns]
    alpha = mask[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left, None]
    part[:] = part + (np.array(colour, np.float32) - part) * alpha
    return width


@functools.lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    path = _font_file()
    return ImageFont.truetype(str(path), size) if path else ImageFont.load_default(size)


@functools.cache
def _font_file() -> Path | None:
    """DejaVu Sans, which matplotlib carries (Latin, Greek, Cyrillic and more), if it is there."""
    spec = importlib.util.find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return path if path.is_file() else None
