"""Memories to test with."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from vfrt_ros.core.memory.memory import Memory, NewExample
from vfrt_ros.core.types.encoder_identity import Owner

OWNER = Owner("fake", "abc123", 16)


def jpeg(seed: int) -> bytes:
    """A small picture."""
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def new_examples(count: int, seed: int = 0, dim: int = OWNER.dim) -> list[NewExample]:
    """Random embeddings with a picture each."""
    vectors = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [NewExample(vector, {"sharpness": 50.0}, jpeg(seed)) for vector in vectors]


def taught(path: Path | None = None, owner: Owner = OWNER) -> Memory:
    """Two labels with examples, a negative and prompts, in four steps."""
    memory = Memory(owner, path)
    memory.register("cup", new_examples(3, 1, owner.dim))
    memory.register("dog", new_examples(2, 2, owner.dim))
    memory.register("cup", new_examples(1, 3, owner.dim), negative=True)
    memory.set_prompts({"cat": ("a cat",), "dog": ()})
    return memory


def reopened(path: Path, owner: Owner = OWNER) -> Memory:
    """What a restart finds."""
    return Memory(owner, path)
