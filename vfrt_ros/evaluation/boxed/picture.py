# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures with boxes around the things in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing in a picture.

    Attributes:
        label: What it is.
        numbers: x, y, width, height in pixels.
        shares: The numbers are shares of the picture's width and height.
    """

    label: str
    numbers: tuple[float, float, float, float]
    shares: bool = False

    def pixels(self, width: int, height: int) -> tuple[float, float, float, float]:
        """x, y, width, height in pixels of a picture of this size."""
        x, y, wide, high = self.numbers
        return (x * width, y * height, wide * width, high * height) if self.shares else self.numbers


@dataclass(frozen=True, slots=True)
class BoxedPicture:
    """A picture file and the things in it."""

    path: Path
    things: tuple[Thing, ...]
