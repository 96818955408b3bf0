# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Courses: lessons in their order, and the questions afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vfrt_ros.core.sources.images import find_images
from vfrt_ros.core.types.errors import SourceError, words_of
from vfrt_ros.evaluation.dataset import DatasetError, Picture


@dataclass(frozen=True, slots=True)
class Lesson:
    """Pictures of one thing that are taught together: one registration.

    Attributes:
        label: What they show.
        pictures: At least one.
    """

    label: str
    pictures: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """One memory's life: lessons in their order, then questions.

    Attributes:
        name: For people: the user, or the whole.
        lessons: In the order in which they are taught.
        questions: Pictures of taught things.
    """

    name: str
    lessons: tuple[Lesson, ...]
    questions: tuple[Picture, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Each once, in the order in which they are first taught."""
        return tuple(dict.fromkeys(lesson.label for lesson in self.lessons))

    def without(self, left_out: Sequence[str]) -> Course:
        """The course in which some labels are not taught; the questions stay.

        Args:
            left_out: Those labels.
        """
        return replace(self, lessons=tuple(one for one in self.lessons if one.label not in left_out))


def video(folder: Path, frames: int) -> tuple[Path, ...]:
    """The pictures of a folder, evenly spread.

    Args:
        folder: With the frames of one video, in the order of their names.
        frames: At most so many; 0 = all.

    Raises:
        DatasetError: It holds no picture.
    """
    try:
        return spread(find_images(str(folder)), frames)
    except (SourceError, OSError) as error:
        raise DatasetError(f"Expected the frames of a video in {folder}: {words_of(error)}.") from error


def spread(every: Sequence[Path], most: int) -> tuple[Path, ...]:
    """Some of the pictures, evenly spread, the first and the last among them.

    Args:
        every: In their order.
        most: At most so many; 0 = all.
    """
    if not most or len(every) <= most:
        return tuple(every)
    return tuple(every[i] for i in np.linspace(0, len(every) - 1, most).round().astype(int))


def folders(place: Path) -> list[Path]:
    """The folders in a folder, numbers in their names in their order: s2 before s10.

    Args:
        place: Which has them.

    Raises:
        DatasetError: It holds no folder.
    """
    try:
        found = [path for path in place.iterdir() if path.is_dir() and not path.name.startswith(".")]
    except OSError as error:
        raise DatasetError(f"The folder {place} cannot be read: {words_of(error)}.") from error
    if not found:
        raise DatasetError(f"Expected folders in {place}; there is none.")
    return sorted(found, key=_natural)


def _natural(path: Path) -> tuple[str, int, str]:
    digits = "".join(c for c in path.name if c.isdigit())
    return path.name.rstrip("0123456789"), int(digits or 0), path.name
