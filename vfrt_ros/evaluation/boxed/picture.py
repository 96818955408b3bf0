# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures with boxes around the things in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from vfrt_ros.core.types.counted import counted
from vfrt_ros.evaluation.dataset import Warn

Entry = TypeVar("Entry")
Read = TypeVar("Read")


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


def read_each(
    path: Path, entries: Iterable[Entry], read: Callable[[Entry], Read | None], warn: Warn
) -> list[Read]:
    """The readings of the entries of a file; those that are of no use are counted and left out.

    Args:
        path: Of the file.
        entries: Of it.
        read: Gives what an entry says; None where it is passed over.
        warn: Gets one line where entries are left out.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: No entry is of use.
    """
    found: list[Read | None] = []
    faults: list[Exception] = []
    for entry in entries:
        try:
            found.append(read(entry))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            faults.append(error)
    if faults and not found:
        raise faults[0]
    if faults:
        warn(f"{path}: {counted(len(faults), 'object')} left out, the first one for {faults[0]!r}.")
    return [one for one in found if one is not None]
