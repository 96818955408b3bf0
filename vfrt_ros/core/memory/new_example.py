# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Examples before a memory gives them an id, and the teaching that they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.memory.accept import LAST_SECOND, check_parts, checked_quality
from vfrt_ros.core.memory.check import check_embeddings
from vfrt_ros.core.memory.payload import TaughtExample, Teach
from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.core.types.label import check_label


@dataclass(frozen=True, slots=True)
class NewExample:
    """An example before the memory gives it an id; `embedding` is (d,) float32, unit norm."""

    embedding: npt.NDArray[np.float32]
    quality: Mapping[str, float]
    thumbnail: bytes = b""
    source: str = ""


def teaching(label: str, examples: Sequence[NewExample], *, negative: bool, dim: int, now: float) -> Teach:
    """The payload of teaching these examples.

    Args:
        label, examples, negative: As for `Memory.register`, and so are the errors.
        dim: Length d of an embedding of the memory.
        now: Seconds since the epoch.
    """
    label = check_label(label)
    if not examples:
        raise RequestError("Expected at least one example; got none.")
    check_embeddings((example.embedding for example in examples), dim)
    for example in examples:
        check_parts(example.quality, example.thumbnail, example.source)
    created = min(max(now, 0.0), float(LAST_SECOND))
    return Teach(
        tuple(
            TaughtExample(
                label, e.embedding, negative, created, checked_quality(e.quality), e.thumbnail, e.source
            )
            for e in examples
        )
    )
