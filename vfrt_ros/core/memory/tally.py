"""What a memory knows of each label without looking through its examples: counts and means."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.example import Example


class Tally:
    """Examples and negatives of each label, and the sum of the embeddings; adds and subtracts one at a time."""

    def __init__(self) -> None:
        self._sums: dict[str, npt.NDArray[np.float64]] = {}
        self._counts: Counter[str] = Counter()
        self._negatives: Counter[str] = Counter()

    @property
    def labels(self) -> set[str]:
        """Labels with an example or a negative."""
        return {*self._counts, *self._negatives}

    def count(self, label: str) -> int:
        """Examples that show the label."""
        return self._counts[label]

    def negatives(self, label: str) -> int:
        """Examples marked as not the label."""
        return self._negatives[label]

    def centroid(self, label: str) -> npt.NDArray[np.float32] | None:
        """(d,) float32 unit-norm mean of the label's examples; None where it has none."""
        if not self._counts[label]:
            return None
        total = self._sums[label]
        return (total / np.linalg.norm(total)).astype(np.float32)

    def add(self, example: Example) -> None:
        """Count an example."""
        self._change(example, 1)

    def remove(self, example: Example) -> None:
        """Count it no longer."""
        self._change(example, -1)

    def _change(self, example: Example, sign: int) -> None:
        counts = self._negatives if example.negative else self._counts
        counts[example.label] += sign
        if not counts[example.label]:
            del counts[example.label]
        if example.negative:
            return
        total = self._sums.get(example.label, 0) + sign * example.embedding.astype(np.float64)
        if self._counts[example.label]:
            self._sums[example.label] = total
        else:
            self._sums.pop(example.label, None)
