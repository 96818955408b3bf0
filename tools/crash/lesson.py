"""What happens to a memory in the trial: one change each, written down so that it can be done again."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from vfrt_ros.core.memory.memory import Memory, NewExample
from vfrt_ros.core.types.encoder_identity import Owner
from vfrt_ros.core.types.errors import MemoryStoreError, VfrtError

OWNER = Owner("trial", "0" * 64, 32)
LABELS = ("cup", "dog", "hat", "leaf", "mug", "چای")
WEIGHTS = {
    "register": 32,
    "forget": 9,
    "relabel": 13,
    "undo": 16,
    "redo": 10,
    "prompts": 6,
    "compact": 7,
    "start": 7,
}
"""How often each kind comes; `start` closes the memory and opens it again."""
THUMBNAIL = (40, 9000)
"""Bytes of a thumbnail: within one page, and over several."""


def clock() -> float:
    """The time that every example of the trial has, so that equal lessons give equal files."""
    return 1.0e9


@dataclass(frozen=True, slots=True)
class Lesson:
    """A change; what of it is random comes from `seed`."""

    kind: str
    label: str
    other: str
    seed: int


def random_lesson(dice: random.Random) -> Lesson:
    """One of any kind."""
    kind = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    label, other = dice.sample(LABELS, 2)
    return Lesson(kind, label, other, dice.randrange(2**31))


def learn(memory: Memory, lesson: Lesson) -> None:
    """Do it; what the memory refuses (an unknown label, nothing to undo) changes nothing.

    Raises:
        MemoryStoreError: It could not be written.
    """
    try:
        _do(memory, lesson)
    except MemoryStoreError:
        raise
    except VfrtError:
        pass


def _do(memory: Memory, lesson: Lesson) -> None:
    dice = random.Random(lesson.seed)
    if lesson.kind == "register":
        memory.register(lesson.label, _examples(lesson.seed, dice), negative=dice.random() < 0.2)
    elif lesson.kind == "forget":
        memory.forget(lesson.label)
    elif lesson.kind == "relabel":
        memory.relabel(lesson.label, lesson.other)
    elif lesson.kind == "undo":
        memory.undo()
    elif lesson.kind == "redo":
        memory.redo()
    elif lesson.kind == "prompts":
        texts = tuple(f"a {lesson.label} number {number}" for number in range(dice.randrange(4)))
        memory.set_prompts({lesson.label: texts}, replace_all=dice.random() < 0.2)
    elif lesson.kind == "compact":
        memory.compact()


def _examples(seed: int, dice: random.Random) -> list[NewExample]:
    random_numbers = np.random.default_rng(seed)
    vectors = random_numbers.normal(size=(dice.randint(1, 6), OWNER.dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        NewExample(vector, {"sharpness": round(dice.random(), 3)}, dice.randbytes(dice.randint(*THUMBNAIL)))
        for vector in vectors
    ]
