# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""CORe50: 50 objects in 11 sessions; sessions 3, 7 and 10 are asked about.

Source: Lomonaco and Maltoni, "CORe50: a New Dataset and Benchmark for Continuous Object Recognition", CoRL 2017.
Layout, split and batches: github.com/vlomonaco/core50, `core/create_sI_filelist.py` (new instances) and
`create_sII_filelist.py` (new classes), whose sessions and objects count from 0. Published runs shuffle the batches.
"""

from __future__ import annotations

from pathlib import Path

from vfrt_ros.evaluation.dataset import DatasetError, Picture
from vfrt_ros.evaluation.protocols.course import Course, Lesson, video

SESSIONS = range(1, 12)
ASKED = (3, 7, 10)
LEARNED = tuple(session for session in SESSIONS if session not in ASKED)
OBJECTS = range(1, 51)
KINDS, OF_A_KIND = 10, 5
TOP = ("core50_128x128", "core50_350x350")


def batches() -> list[list[int]]:
    """The objects of the nine batches of new classes: one of each kind, then one of each of five kinds, eight times.

    >>> batches()[:3]
    [[1, 6, 11, 16, 21, 26, 31, 36, 41, 46], [2, 7, 12, 17, 22], [27, 32, 37, 42, 47]]
    """
    first = [[kind * OF_A_KIND + 1 for kind in range(KINDS)]]
    return first + [
        [kind * OF_A_KIND + number for kind in half]
        for number in range(2, OF_A_KIND + 1)
        for half in (range(KINDS // 2), range(KINDS // 2, KINDS))
    ]


def new_classes(folder: Path, frames: int) -> list[Course]:
    """Batch after batch, in each object after object, each in all sessions that are for learning.

    Args:
        folder: With `core50_128x128/`, or with `s1/` to `s11/` itself.
        frames: Of each video, evenly spread; 0 = all.

    Raises:
        DatasetError: The layout is another.
    """
    top = _checked(folder)
    objects = [number for batch in batches() for number in batch]
    return [_course(top, [(session, number) for number in objects for session in LEARNED], frames)]


def new_instances(folder: Path, frames: int) -> list[Course]:
    """Session after session, each with all objects; arguments and errors as for `new_classes`."""
    top = _checked(folder)
    return [_course(top, [(session, number) for session in LEARNED for number in OBJECTS], frames)]


def _course(top: Path, order: list[tuple[int, int]], frames: int) -> Course:
    lessons = [
        Lesson(f"o{number}", video(top / f"s{session}" / f"o{number}", frames)) for session, number in order
    ]
    questions = [
        Picture(path, f"o{number}")
        for session in ASKED
        for number in OBJECTS
        for path in video(top / f"s{session}" / f"o{number}", frames)
    ]
    return Course("all objects", tuple(lessons), tuple(questions))


def _checked(folder: Path) -> Path:
    top = next((folder / name for name in TOP if (folder / name).is_dir()), folder)
    missing = [
        f"s{session}/o{number}"
        for session in SESSIONS
        for number in OBJECTS
        if not (top / f"s{session}" / f"o{number}").is_dir()
    ]
    if missing:
        raise DatasetError(
            f"Expected CORe50's folders s1/o1 to s11/o50 in {top}; {len(missing)} of {len(SESSIONS) * len(OBJECTS)} "
            f"are missing, the first {missing[0]}."
        )
    return top
