# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""OpenLORIS-Object: household objects by a robot's camera, task after task under another light, clutter or distance.

Source: She et al., "OpenLORIS-Object: A Robotic Vision Dataset and Benchmark for Lifelong Deep Learning", ICRA 2020.
Layout and order: github.com/lifelong-robotic-vision/OpenLORIS-Object, `benchmark1.py` (one factor, 9 tasks),
`benchmark2.py` (all four, 36 tasks) and `data.py`. The download has `train/factor/segment1/object/` to `segment9`;
these scripts make `train/task1/object/` of it. `validation/` is not used.
"""

from __future__ import annotations

from pathlib import Path

from vfrt_ros.evaluation.dataset import DatasetError, Picture
from vfrt_ros.evaluation.protocols.course import Course, Lesson, folders, video

PARTS = ("train", "test")
FACTORS = ("illumination", "occlusion", "pixel", "clutter")
"""In the order of `benchmark2.py`."""


def tasks(folder: Path, frames: int) -> list[Course]:
    """Task after task, each with its objects; what is asked is the `test` part of every task.

    Args:
        folder: With `train/` and `test/` as downloaded, or as the benchmark's scripts make them.
        frames: Of each object in a task, evenly spread; 0 = all.

    Raises:
        DatasetError: The layout is another, the parts have other tasks, or `test` asks about an object that `train`
            does not have.
    """
    learned, asked = (_tasks(folder / part) for part in PARTS)
    names = [
        {_name(task, folder / part) for task in every}
        for part, every in zip(PARTS, (learned, asked), strict=True)
    ]
    if names[0] != names[1]:
        raise DatasetError(
            f"Expected the same tasks in train/ and test/ of {folder}; only one of them has {min(names[0] ^ names[1])}."
        )
    lessons = [Lesson(thing.name, video(thing, frames)) for task in learned for thing in folders(task)]
    questions = [
        Picture(path, thing.name)
        for task in asked
        for thing in folders(task)
        for path in video(thing, frames)
    ]
    strange = {one.label for one in questions} - {one.label for one in lessons}
    if strange:
        raise DatasetError(
            f"{folder / 'test'} asks about '{min(strange)}', which {folder / 'train'} does not have."
        )
    return [Course("all tasks", tuple(lessons), tuple(questions))]


def _tasks(part: Path) -> list[Path]:
    """The folders of the tasks in their order."""
    if not part.is_dir():
        raise DatasetError(
            f"Expected OpenLORIS-Object's folders train/ and test/, each task/object/frames or "
            f"factor/segment/object/frames, in {part.parent}; there is no {part.name}/."
        )
    found = folders(part)
    if not {path.name for path in found} <= set(FACTORS):
        return found
    return [task for name in FACTORS if (part / name).is_dir() for task in folders(part / name)]


def _name(task: Path, part: Path) -> str:
    return task.relative_to(part).as_posix()
