# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""ORBIT, clutter video evaluation: blind people's own things, learned from clean videos, asked about in clutter.

Source: Massiceti et al., "ORBIT: A Real-World Few-Shot Dataset for Teachable Object Recognition", ICCV 2021.
"""

from __future__ import annotations

from pathlib import Path

from vfrt_ros.evaluation.dataset import DatasetError, Picture
from vfrt_ros.evaluation.protocols.course import Course, Lesson, folders, video

LEARNED, ASKED = "clean", "clutter"


def clutter(folder: Path, frames: int) -> list[Course]:
    """A course for each user: every clean video of each thing is a lesson, every clutter video is asked about.

    Args:
        folder: With `test/`, or itself that: a folder for each user, with one for each thing, with `clean/` and
            `clutter/`, with one for each video.
        frames: Of each video, evenly spread; 0 = all.

    Raises:
        DatasetError: The layout is another.
    """
    top = folder / "test" if (folder / "test").is_dir() else folder
    return [_course(user, frames) for user in folders(top)]


def _course(user: Path, frames: int) -> Course:
    lessons: list[Lesson] = []
    questions: list[Picture] = []
    for thing in folders(user):
        for kind in (LEARNED, ASKED):
            if not (thing / kind).is_dir():
                raise DatasetError(
                    f"Expected ORBIT's layout user/thing/clean and clutter/video/frames; there is no {thing / kind}."
                )
        lessons += [Lesson(thing.name, video(one, frames)) for one in folders(thing / LEARNED)]
        questions += [
            Picture(path, thing.name) for one in folders(thing / ASKED) for path in video(one, frames)
        ]
    return Course(user.name, tuple(lessons), tuple(questions))
