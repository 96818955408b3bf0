# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Materials of every measurement: frames, and a memory with much in it."""

from __future__ import annotations

from functools import cache as once
from typing import Any

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders, load_encoders
from vfrt_ros.core.factory import open_memory
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.new_example import NewExample
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.sources.demo import DemoSource

EXAMPLES, LABELS = 10_000, 200
SIZE = (640, 480)
Frame = npt.NDArray[np.uint8]


@once
def frames(count: int = 40, size: tuple[int, int] = SIZE) -> list[Frame]:
    """Photographs as a camera that pans and zooms sees them, (H, W, 3) uint8 BGR."""
    source = DemoSource(size=size, fps=1.0)
    return [source.picture_at(float(second)) for second in range(count)]


def label_names(count: int = LABELS) -> list[str]:
    """Names of made-up labels."""
    return [f"thing {number:03d}" for number in range(count)]


def vectors(count: int, dim: int, groups: int, seed: int = 42) -> npt.NDArray[np.float32]:
    """(count, dim) float32 unit vectors in groups of equal size, as examples of labels lie.

    An example's cosine with its group's centre is about 0.9, as that of two views of a thing under CLIP.
    """
    random = np.random.default_rng(seed)
    centres = random.standard_normal((groups, dim), np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    rows = random.standard_normal((count, dim), np.float32)
    rows *= 0.48 / np.float32(np.sqrt(dim))
    rows += centres[np.arange(count) * groups // count]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def fill(memory: Memory, examples: int = EXAMPLES, labels: int = LABELS) -> None:
    """Give a memory examples of made-up labels."""
    rows = vectors(examples, memory.encoder.dim, labels)
    per_label = examples // labels
    for number, label in enumerate(label_names(labels)):
        own = rows[number * per_label : (number + 1) * per_label]
        memory.register(label, [NewExample(row, {"sharpness": 200.0}) for row in own])


def recogniser(
    backbone: str,
    *,
    precision: str = "auto",
    runtime: str = "auto",
    examples: int = EXAMPLES,
    labels: int = LABELS,
    memory_path: str = ":memory:",
    **settings: Any,
) -> Recogniser:
    """A recogniser whose memory holds much; every label has a prompt too."""
    wanted = RecognitionSettings(
        backbone=backbone, runtime=runtime, memory_path=memory_path, device="cpu", **settings
    )
    encoders = encoders_of(backbone, precision, runtime)
    memory = open_memory(wanted, encoders)
    if examples and not len(memory):
        fill(memory, examples, labels)
    memory.add_initial_prompts(label_names(labels))
    made = Recogniser(wanted, encoders=encoders, memory=memory)
    made.recognise(frames(1)[0])
    made.settle()
    return made


def encoders_of(backbone: str, precision: str = "auto", runtime: str = "auto") -> Encoders:
    """The encoders on this machine's processor, the one thing that is measured here."""
    return load_encoders(backbone, device="cpu", precision=precision, runtime=runtime)
