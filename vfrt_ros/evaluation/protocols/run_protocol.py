# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Run a protocol: teach a memory on disk lesson by lesson, as a node would, then ask.

Each course is run twice. In the first run everything is taught, as in the papers: top-1, the promise, the time of
an update, and whether undo is exact. In the second every other label is left out and stands for the unknown: AUROC
and calibration.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.factory import identity_of
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.new_example import NewExample
from vfrt_ros.core.scoring.build_rule import Rules
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.types.example import Step
from vfrt_ros.evaluation.dataset import DatasetError
from vfrt_ros.evaluation.embeddings import embed_files
from vfrt_ros.evaluation.episodes import answers_of
from vfrt_ros.evaluation.outcome import Outcome, calibration_error
from vfrt_ros.evaluation.protocols.course import Course, Lesson

Array = npt.NDArray[np.float32]
Rows = Mapping[Path, Array]
UNDONE = 5
"""Lessons that are taken back at the end, to see that the state from before comes back."""


@dataclass(frozen=True, slots=True)
class ProtocolResult:
    """The result over all courses; figures in [0, 1], NaN where one cannot be measured.

    Attributes:
        courses, lessons, labels, questions: How many.
        top1: Share of the questions answered rightly, everything being taught.
        promised: The share of known objects that may be called unknown.
        rejected: The share that is.
        auroc: Every other label being unknown.
        calibration_error: Of the scores, known and unknown objects counting the same.
        update_ms: Milliseconds of a lesson beyond encoding, written to disk: the median.
        undo_exact: True where taking lessons back restored every hash.
    """

    courses: int
    lessons: int
    labels: int
    questions: int
    top1: float
    promised: float
    rejected: float
    auroc: float
    calibration_error: float
    update_ms: float
    undo_exact: bool

    def as_dict(self) -> dict[str, Any]:
        """Plain values; NaN is None."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: None if value != value else value for name, value in values.items()}


@dataclass(slots=True)
class _Found:
    """The results of the courses so far."""

    complete: list[Outcome] = field(default_factory=list)
    partial: list[Outcome] = field(default_factory=list)
    update_ms: list[float] = field(default_factory=list)
    undo_exact: bool = True


def run_protocol(
    courses: Sequence[Course],
    encoders: Encoders,
    settings: RecognitionSettings,
    *,
    warn: Callable[[str], None],
    progress: bool = False,
) -> ProtocolResult:
    """Run the courses of a protocol.

    Args:
        courses: At least one.
        encoders: Embed the pictures; what was embedded before comes from the cache.
        settings: Of the rule `calibrated`.
        warn: Gets one line for each picture that cannot be read.
        progress: Show how far the embedding is.

    Raises:
        DatasetError: Nothing is left to teach or to ask.
    """
    paths = [path for course in courses for lesson in course.lessons for path in lesson.pictures]
    paths += [question.path for course in courses for question in course.questions]
    rows = embed_files(list(dict.fromkeys(paths)), encoders.backbone, warn=warn, progress=progress)
    rules, found = Rules(encoders), _Found()
    kept = [_readable(course, rows) for course in courses]
    for course in kept:
        _complete(course, rows, rules, encoders, settings, found)
        if len(course.labels) >= 4:
            outcome = _ask(course.without(course.labels[1::2]), course, rows, rules, encoders, settings)
            found.partial.append(outcome)
    complete = [one.figures() for one in found.complete]
    sizes = [len(one.truth) for one in found.complete]
    aurocs = [one.figures()["auroc"] for one in found.partial]
    return ProtocolResult(
        courses=len(kept),
        lessons=sum(len(course.lessons) for course in kept),
        labels=sum(len(course.labels) for course in kept),
        questions=sum(sizes),
        top1=float(np.average([one["top1"] for one in complete], weights=sizes)),
        promised=settings.open_set_threshold,
        rejected=float(np.average([one["rejected"] for one in complete], weights=sizes)),
        auroc=float(np.mean(aurocs)) if aurocs else float("nan"),
        calibration_error=calibration_error(found.partial) if found.partial else float("nan"),
        update_ms=statistics.median(found.update_ms),
        undo_exact=found.undo_exact,
    )


def _readable(course: Course, rows: Rows) -> Course:
    """The course without the pictures that cannot be read."""
    parts = (
        Lesson(one.label, tuple(path for path in one.pictures if path in rows)) for one in course.lessons
    )
    lessons = tuple(one for one in parts if one.pictures)
    taught = {one.label for one in lessons}
    questions = tuple(one for one in course.questions if one.path in rows and one.label in taught)
    if len(taught) < 2 or not questions:
        raise DatasetError(
            f"{course.name}: expected two labels with pictures and a question; got {len(taught)}."
        )
    return Course(course.name, lessons, questions)


def _complete(
    course: Course, rows: Rows, rules: Rules, encoders: Encoders, settings: RecognitionSettings, found: _Found
) -> None:
    with TemporaryDirectory() as folder:
        taught = _Taught(rules, encoders, settings, Path(folder) / "memory.db")
        try:
            states = []
            for lesson in course.lessons:
                states.append(taught.state())
                found.update_ms.append(taught.learn(lesson, rows))
            found.complete.append(taught.ask(course, course, rows))
            for state in reversed(states[-UNDONE:]):
                taught.memory.undo()
                found.undo_exact &= taught.state() == state
        finally:
            taught.memory.close()


def _ask(
    course: Course,
    whole: Course,
    rows: Rows,
    rules: Rules,
    encoders: Encoders,
    settings: RecognitionSettings,
) -> Outcome:
    taught = _Taught(rules, encoders, settings, None)
    try:
        for lesson in course.lessons:
            taught.learn(lesson, rows)
        return taught.ask(course, whole, rows)
    finally:
        taught.memory.close()


class _Taught:
    """A memory and the rule that follows it."""

    def __init__(
        self, rules: Rules, encoders: Encoders, settings: RecognitionSettings, path: Path | None
    ) -> None:
        self.memory = Memory(identity_of(encoders.backbone), path)
        self.rule: CalibratedRule = rules.calibrated(settings, self.memory.table)
        self.memory.listen(self._follow)

    def _follow(self, step: Step) -> None:
        self.rule.apply(step.examples)

    def learn(self, lesson: Lesson, rows: Rows) -> float:
        """Milliseconds of one registration."""
        new = [NewExample(rows[path], {}) for path in lesson.pictures]
        began = time.perf_counter()
        self.memory.register(lesson.label, new)
        return 1e3 * (time.perf_counter() - began)

    def state(self) -> tuple[str, str]:
        """The hashes of the memory and of the rule's statistics."""
        return self.memory.state_hash(), self.rule.state_hash()

    def ask(self, course: Course, whole: Course, rows: Rows) -> Outcome:
        """Answers to all questions of the whole course; labels that were not taught are unknown."""
        self.rule.settle()
        place = {label: i for i, label in enumerate(whole.labels)}
        taught = np.array([place[label] for label in course.labels])
        truth = np.array([place[one.label] for one in whole.questions])
        order = np.argsort(~np.isin(truth, taught), kind="stable")  # the known ones first
        truth = truth[order]
        seen = (self.rule.evidence(rows[whole.questions[i].path]) for i in order)
        found = answers_of(((evidence, self.rule.conclude(evidence)) for evidence in seen), place)
        known = np.isin(truth, taught)
        return Outcome(taught, truth, known, found.best, found.familiarity, found.score, found.named)
