# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The operations of the trial: one each, written down so that it can be done again."""

from __future__ import annotations

import random
from dataclasses import dataclass

import cv2
import numpy as np

from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.new_example import NewExample
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import MemoryStoreError, VfrtError
from vfrt_ros.core.types.operation import Operation

ENCODER = EncoderIdentity("trial", "0" * 64, 32)
ROBOT = "trial"
LABELS = ("cup", "dog", "hat", "leaf", "mug", "چای")
WEIGHTS = {
    "teach": 32,
    "forget": 7,
    "forget examples": 6,
    "relabel": 13,
    "prompts": 6,
    "undo": 16,
    "redo": 10,
    "adopt": 8,
    "compact": 6,
    "start": 7,
}
"""How often each kind comes; `adopt` takes over what another robot did, `start` opens the memory anew."""
DEPTH = 12
"""Changes that undo still reaches after a compaction in the trial, so that compactions drop something."""
THUMBNAIL = (40, 9000)
"""Bytes that a thumbnail has more than a pixel needs: within one page, and over several."""
PIXEL = cv2.imencode(".jpg", np.zeros((1, 1, 3), np.uint8))[1].tobytes()


def clock() -> float:
    """The time of every operation of the trial, so that equal operations give equal files."""
    return 1.0e9


def new_memory(path: object = None) -> Memory:
    """A memory of the trial, in RAM or on disk; all of them go under one robot's id, so that they can be compared."""
    return Memory(ENCODER, path, clock=clock, robot=ROBOT)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class TrialOperation:
    """One operation; what of it is random comes from `seed`."""

    kind: str
    label: str
    other: str
    seed: int


def random_operation(dice: random.Random) -> TrialOperation:
    """One of any kind."""
    kind = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    label, other = dice.sample(LABELS, 2)
    return TrialOperation(kind, label, other, dice.randrange(2**31))


def do(memory: Memory, operation: TrialOperation) -> None:
    """Do it; what the memory refuses (an unknown label, nothing to undo) changes nothing.

    Raises:
        MemoryStoreError: It could not be written.
    """
    try:
        _do(memory, operation)
    except MemoryStoreError:
        raise
    except VfrtError:
        pass


def _do(memory: Memory, operation: TrialOperation) -> None:
    dice = random.Random(operation.seed)
    match operation.kind:
        case "teach":
            examples = _examples(operation.seed, dice)
            memory.register(operation.label, examples, negative=dice.random() < 0.2)
        case "forget":
            memory.forget(operation.label)
        case "forget examples":
            there = [example.id for example in memory.examples()]
            memory.forget_examples(dice.sample(there, min(len(there), dice.randint(1, 3))))
        case "relabel":
            memory.relabel(operation.label, operation.other)
        case "prompts":
            texts = tuple(f"a {operation.label} number {number}" for number in range(dice.randrange(4)))
            memory.set_prompts({operation.label: texts}, replace_all=dice.random() < 0.2)
        case "undo":
            memory.undo()
        case "redo":
            memory.redo()
        case "adopt":
            origin = dice.choice(("", "desk.vfrt.zip"))
            memory.log.adopt(of_another_robot(operation), origin=origin)
        case "compact":
            memory.compact(depth=dice.choice((0, DEPTH)))


def of_another_robot(operation: TrialOperation) -> list[Operation]:
    """Operations of another robot that an `adopt` takes in, in any order."""
    dice = random.Random(operation.seed)
    other = Memory(ENCODER, clock=clock, robot=f"other-{operation.seed}")
    other.register(operation.label, _examples(operation.seed, dice))
    for kind in dice.choices(("relabel", "prompts", "undo", "teach"), k=dice.randrange(4)):
        do(other, TrialOperation(kind, operation.label, operation.other, operation.seed + 1))
    found = [each for key in sorted(other.log.known()) if (each := other.log.operation(key)) is not None]
    dice.shuffle(found)
    return found


def _thumbnail(dice: random.Random) -> bytes:
    """A JPEG file of random length: one pixel, and a comment."""
    comment = dice.randbytes(dice.randint(*THUMBNAIL))
    return PIXEL[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + PIXEL[2:]


def _examples(seed: int, dice: random.Random) -> list[NewExample]:
    random_numbers = np.random.default_rng(seed)
    vectors = random_numbers.normal(size=(dice.randint(1, 6), ENCODER.dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        NewExample(vector, {"sharpness": round(dice.random(), 3)}, _thumbnail(dice)) for vector in vectors
    ]
