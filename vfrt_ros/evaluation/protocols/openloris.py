# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""OpenLORIS-Object: household objects by a robot's camera, task after task under another light, clutter or distance.

Source: She et al., "OpenLORIS-Object: A Robotic Vision Dataset and Benchmark for Lifelong Deep Learning", ICRA 2020.
"""

from __future__ import annotations

from pathlib import Path

from vfrt_ros.evaluation.dataset import DatasetError, Picture
from vfrt_ros.evaluation.protocols.course import Course, Lesson, folders, video

PARTS = ("train", "test")


def tasks(folder: Path, frames: int) -> list[Course]:
    """Task after task, each with its objects; what is asked is the `test` part of every task.

    Args:
        folder: With `train/` and `test/`, each with a folder for each task, with one for each object.
        frames: Of each object in a task, evenly spread; 0 = all.

    Raises:
        DatasetError: The layout is another, or `test` asks about an object that `train` does not have.
    """
    for part in PARTS:
        if not (folder / part).is_dir():
            raise DatasetError(
                f"Expected OpenLORIS-Object's folders train/ and test/, each task/object/frames, in {folder}; "
                f"there is no {part}/."
            )
    lessons = [
        Lesson(thing.name, video(thing, frames))
        for task in folders(folder / "train")
        for thing in folders(task)
    ]
    questions = [
        Picture(path, thing.name)
        for task in folders(folder / "test")
        for thing in folders(task)
        for path in video(thing, frames)
    ]
    strange = {one.label for one in questions} - {one.label for one in lessons}
    if strange:
        raise DatasetError(
            f"{folder / 'test'} asks about '{min(strange)}', which {folder / 'train'} does not have."
        )
    return [Course("all tasks", tuple(lessons), tuple(questions))]
