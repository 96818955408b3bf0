"""Which frames of a registration are worth storing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.memory.example import Example, Step
from vfrt_ros.core.observation import Observation
from vfrt_ros.core.quality import NEAR_DUPLICATE_COSINE

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Registration:
    """What a registration did: examples stored, and one sentence for each frame left out."""

    stored: int
    batch: int
    reasons: tuple[str, ...]
    step: Step


def select(
    observations: Sequence[Observation], label: str, stored: Sequence[Example], *, negative: bool, most: int
) -> tuple[list[Observation], list[str]]:
    """Leave out what is blurred, badly exposed, a near duplicate or too much.

    Args:
        observations: Of the frames, oldest first.
        label: What they are registered as.
        stored: The label's examples so far, negatives included.
        negative: Whether the frames do *not* show the label.
        most: Examples that the label may have.

    Returns:
        The observations worth storing, and one sentence for each of the others.
    """
    known = [example.embedding for example in stored if example.negative == negative]
    seen = np.stack([observation.embedding for observation in observations])
    nearest = _nearest(seen, known)
    kept: list[Observation] = []
    reasons: list[str] = []
    for number, observation in enumerate(observations):
        fault = observation.quality.fault()
        if fault is None and nearest[number] >= NEAR_DUPLICATE_COSINE:
            fault = f"near duplicate of a stored example (cosine {nearest[number]:.3f})"
        if fault is None and len(stored) + len(kept) >= most:
            fault = f"'{label}' has {most} examples, as many as max_examples allows"
        if fault is None:
            kept.append(observation)
            nearest = np.maximum(nearest, seen @ observation.embedding)
        else:
            reasons.append(f"frame {number + 1} of {len(observations)}: {fault}")
    return kept, reasons


def _nearest(seen: Array, known: Sequence[Array]) -> Array:
    """(n,) float32 cosine of each of (n, d) embeddings with the nearest that is known; -1 where none is."""
    if not known:
        return np.full(len(seen), -1.0, np.float32)
    return np.asarray((seen @ np.stack(known).T).max(axis=1), np.float32)
