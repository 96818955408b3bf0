# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which frames of a registration are worth storing, and which labels they look like too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.frames.quality import NEAR_DUPLICATE_COSINE
from vfrt_ros.core.memory.limits import check_file
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.new_example import NewExample
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import AllRejectedError, NoFramesError
from vfrt_ros.core.types.example import Example, Step
from vfrt_ros.core.types.label import check_room
from vfrt_ros.core.types.observation import Observation
from vfrt_ros.core.types.rejection import Rejection, RejectionCode

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SelectionResult:
    """A frame that a registration looked at.

    Attributes:
        rejection: Why it is left out; None = it is worth storing.
        place: Of the frame among the others, for people.
    """

    observation: Observation
    rejection: Rejection | None = None
    place: str = ""

    @property
    def reason(self) -> str:
        """Which frame was left out, and why; empty = it is worth storing."""
        return f"{self.place}: {self.rejection.text}" if self.rejection else ""


class ConflictCode(IntEnum):
    """How a registration and another label collide; the numbers are those of `Conflict.msg`."""

    SAME_SCENE = 1


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another label that what was registered looks like too.

    Attributes:
        label: The other label.
        cosine: Of the two nearest examples, at most 1.
    """

    label: str
    cosine: float
    code: ConflictCode = ConflictCode.SAME_SCENE


@dataclass(frozen=True, slots=True)
class Registration:
    """The result of a registration: examples stored, and one sentence for each frame left out.

    Attributes:
        step: What undo takes back.
        selection: Every frame that was looked at, in order; those without a rejection are `step`'s examples, in order.
        conflicts: Labels that have the same scene, nearest first; all was stored none the less.
    """

    stored: int
    reasons: tuple[str, ...]
    step: Step = field(repr=False)
    selection: tuple[SelectionResult, ...] = field(default=(), repr=False)
    conflicts: tuple[Conflict, ...] = ()

    @classmethod
    def of(
        cls, selection: Sequence[SelectionResult], step: Step, conflicts: Sequence[Conflict] = ()
    ) -> Registration:
        """The outcome of a step that stored what is worth storing.

        Args:
            selection: Every frame that was looked at, in order.
            step: That stored those without a rejection.
            conflicts: Labels that have the same scene already.
        """
        reasons = tuple(frame.reason for frame in selection if frame.rejection)
        added = step.examples.added
        return cls(len(added), reasons, step, tuple(selection), tuple(conflicts))

    @property
    def warning(self) -> str:
        """The conflicts in one sentence; empty where there is none."""
        named = [f"'{conflict.label}' (cosine {conflict.cosine:.2f})" for conflict in self.conflicts]
        return f"These look like {' and '.join(named)}." if named else ""


def store_selected(
    memory: Memory,
    label: str,
    observations: Sequence[Observation],
    *,
    negative: bool,
    limits: RecognitionSettings,
) -> Registration:
    """Store what is worth storing, as one step.

    Args:
        memory: Which learns.
        label: A valid one.
        observations: Of the frames, oldest first.
        negative: Whether the frames do *not* show the label.
        limits: `max_labels`, `max_memory_mb` and `max_examples`.

    Raises:
        RequestError: A limit is passed; nothing changed.
        NoFramesError: There is no observation.
        AllRejectedError: No frame passed the quality gate; nothing changed.
        MemoryStoreError: It could not be written; nothing changed.
    """
    with memory.lock:
        check_room(memory.labels, [label], most=limits.max_labels)
        check_file(memory.size, most=limits.max_memory_mb)
        if not observations:
            raise NoFramesError("There is no recent frame to learn from: is the camera running?")
        stored = memory.examples(label)
        selection = select(observations, label, stored, negative=negative, most=limits.max_examples)
        fresh = examples_of(selection)
        conflicts = () if negative else find_conflicts(memory, label, fresh)
        return Registration.of(selection, memory.register(label, fresh, negative=negative), conflicts)


def select(
    observations: Sequence[Observation], label: str, stored: Sequence[Example], *, negative: bool, most: int
) -> list[SelectionResult]:
    """Find out what is blurred, badly exposed, a near duplicate or too much.

    Args:
        observations: Of the frames, oldest first.
        label: What they are registered as.
        stored: The label's examples so far, negatives included.
        negative: Whether the frames do *not* show the label.
        most: Examples that the label may have.

    Returns:
        Each observation, in order, with why it should be left out, if it should.
    """
    known = [example.embedding for example in stored if example.negative == negative]
    seen = np.stack([observation.embedding for observation in observations])
    nearest = _nearest(seen, known)
    room = most - len(stored)
    selection: list[SelectionResult] = []
    for number, observation in enumerate(observations):
        rejection = observation.quality.rejection()
        if rejection is None and nearest[number] >= NEAR_DUPLICATE_COSINE:
            cosine = f"cosine {nearest[number]:.3f}"
            rejection = Rejection.measured(RejectionCode.NEAR_DUPLICATE, cosine)
        if rejection is None and room <= 0:
            text = f"'{label}' has {counted(most, 'example')}, as many as max_examples allows"
            rejection = Rejection(RejectionCode.LABEL_FULL, text)
        if rejection is None:
            room -= 1
            nearest = np.maximum(nearest, seen @ observation.embedding)
        selection.append(
            SelectionResult(observation, rejection, f"frame {number + 1} of {len(observations)}")
        )
    return selection


def examples_of(selection: Sequence[SelectionResult]) -> list[NewExample]:
    """The examples to store.

    Args:
        selection: Of `select`.

    Raises:
        AllRejectedError: No frame passed.
    """
    kept = [frame.observation for frame in selection if not frame.rejection]
    if not kept:
        raise RejectedFramesError(selection)
    return [NewExample(o.embedding, o.quality.as_dict(), o.thumbnail()) for o in kept]


class RejectedFramesError(AllRejectedError):
    """No frame of a registration is worth storing; `selection` has them all."""

    def __init__(self, selection: Sequence[SelectionResult]) -> None:
        reasons = tuple(frame.reason for frame in selection)
        super().__init__(f"None of {counted(len(selection), 'frame')} was stored: {reasons[0]}.", reasons)
        self.selection = tuple(selection)


def _nearest(seen: Array, known: Sequence[Array]) -> Array:
    """(n,) float32 cosine of each of (n, d) embeddings with the nearest that is known; -1 where none is."""
    if not known:
        return np.full(len(seen), -1.0, np.float32)
    return np.asarray((seen @ np.stack(known).T).max(axis=1), np.float32)


def find_conflicts(memory: Memory, label: str, fresh: Sequence[NewExample]) -> tuple[Conflict, ...]:
    """The labels that have the same scene already: a near duplicate of a new example among their own.

    Args:
        memory: Before the registration.
        label: What the new examples are registered as.
        fresh: Examples that show the label.
    """
    nearest: dict[str, float] = {}
    for example in fresh:
        for row, cosine in zip(*memory.table.near(example.embedding, NEAR_DUPLICATE_COSINE), strict=True):
            other = memory.table.label(int(row))
            if other != label:
                nearest[other] = max(nearest.get(other, -1.0), min(float(cosine), 1.0))
    return tuple(Conflict(other, nearest[other]) for other in sorted(nearest, key=lambda o: (-nearest[o], o)))
