# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Memories to test with."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.new_example import NewExample
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.operation import ExampleId

ENCODER = EncoderIdentity("fake", "abc123", 16)


def jpeg(seed: int) -> bytes:
    """A small picture."""
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def new_examples(count: int, seed: int = 0, dim: int = ENCODER.dim) -> list[NewExample]:
    """Random embeddings with a picture each."""
    vectors = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [NewExample(vector, {"sharpness": 50.0}, jpeg(seed)) for vector in vectors]


def taught(path: Path | None = None, encoder: EncoderIdentity = ENCODER) -> Memory:
    """Two labels with examples, a negative and prompts, in four steps."""
    memory = Memory(encoder, path)
    memory.register("cup", new_examples(3, 1, encoder.dim))
    memory.register("dog", new_examples(2, 2, encoder.dim))
    memory.register("cup", new_examples(1, 3, encoder.dim), negative=True)
    memory.set_prompts({"cat": ("a cat",), "dog": ()})
    return memory


def reopened(path: Path, encoder: EncoderIdentity = ENCODER) -> Memory:
    """What a restart finds."""
    return Memory(encoder, path)


def nth(memory: Memory, *numbers: int) -> list[ExampleId]:
    """Ids of the examples of a memory by their place in the order of the log, from 1."""
    keys = [example.id for example in memory.examples()]
    return [keys[number - 1] for number in numbers]


def found(memory: Memory, embedding: np.ndarray, most: int) -> list[ExampleId]:
    """The ids of the nearest positive examples, best first."""
    return [memory.table.key(int(row)) for row in memory.search_rows(embedding, most)[0]]
