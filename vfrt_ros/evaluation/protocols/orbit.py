# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""ORBIT, clutter video evaluation: blind people's own things, learned from clean videos, asked about in clutter.

Source: Massiceti et al., "ORBIT: A Real-World Few-Shot Dataset for Teachable Object Recognition", ICCV 2021. Layout
and rules: github.com/microsoft/ORBIT-Dataset, `data/orbit_dataset_readme.txt`, `data/datasets.py` and README (Testing
protocol, updated Dec 2022). There each of the 17 test users is sampled 50 times and each clutter video asked about in
200 random frames; here once, in frames that are evenly spread.
"""

from __future__ import annotations

import json
from pathlib import Path

from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import words_of
from vfrt_ros.evaluation.dataset import DatasetError, Picture
from vfrt_ros.evaluation.protocols.course import Course, Lesson, folders, spread, video

LEARNED, ASKED = "clean", "clutter"
PART, OTHERS = "test", ("train", "validation")
ABSENT = "object_not_present_issue"
FEWEST = 50
"""Frames of a clutter video that show the thing; a video with fewer is not asked about."""


def clutter(folder: Path, frames: int) -> list[Course]:
    """A course for each user: every clean video of each thing is a lesson, every clutter video is asked about.

    Frames of which `annotations/test/` says that the thing is not in them are not asked about.

    Args:
        folder: With `test/`, or itself that: a folder for each user, with one for each thing, with `clean/` and
            `clutter/`, with one for each video.
        frames: Of each video, evenly spread; 0 = all.

    Raises:
        DatasetError: The layout is another, an annotation cannot be read, or no video is left to ask about.
    """
    top = folder / PART if (folder / PART).is_dir() else folder
    if top == folder and any((folder / name).is_dir() for name in OTHERS):
        raise DatasetError(f"Expected ORBIT's folder {PART}/ in {folder}; there is none.")
    notes = top.parent / "annotations" / PART
    courses = [_course(user, notes, frames) for user in folders(top)]
    courses = [course for course in courses if course.questions]
    if not courses:
        raise DatasetError(
            f"Expected clutter videos of at least {counted(FEWEST, 'frame')} that show the thing in {top}; there is "
            "none."
        )
    return courses


def _course(user: Path, notes: Path, frames: int) -> Course:
    lessons: list[Lesson] = []
    questions: list[Picture] = []
    for thing in folders(user):
        for kind in (LEARNED, ASKED):
            if not (thing / kind).is_dir():
                raise DatasetError(
                    f"Expected ORBIT's layout user/thing/clean and clutter/video/frames; there is no {thing / kind}."
                )
        shown = [_showing(one, notes / f"{one.name}.json") for one in folders(thing / ASKED)]
        asked = [path for one in shown if len(one) >= FEWEST for path in spread(one, frames)]
        if asked:  # a thing that is not asked about is not one of the task's either
            lessons += [Lesson(thing.name, video(one, frames)) for one in folders(thing / LEARNED)]
            questions += [Picture(path, thing.name) for path in asked]
    return Course(user.name, tuple(lessons), tuple(questions))


def _showing(place: Path, note: Path) -> list[Path]:
    """The frames of a video without those that are noted not to show the thing."""
    every = list(video(place, 0))
    if not note.is_file():
        return every
    try:
        frames = json.loads(note.read_text(encoding="utf-8"))
        absent = {name for name, issues in frames.items() if issues[ABSENT]}
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise DatasetError(
            f"Expected '{ABSENT}' of each frame in the annotation {note}: {words_of(error)}."
        ) from error
    return [path for path in every if path.name not in absent]
