# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Sums over the memory that addition and subtraction keep exact to the last bit (formula 22 of docs/scoring.md)."""

from __future__ import annotations

import hashlib
import threading
from collections import deque

import numpy as np
import numpy.typing as npt
from scipy.linalg.blas import dsyrk

from vfrt_ros.core.scoring import constants
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.core.types.example import Change, Example

Floats = npt.NDArray[np.float64]


class Statistics:
    """Counts, sums and the common scatter matrix of the labels, positives and negatives apart.

    Threads: one changes it. Another may ask for `scatter_matrix` meanwhile: `_pending` is read and written under
    `_queue`, which nobody holds for long, and `_scatter` under `_folding`, which a sum takes its time with.

    Attributes:
        counts: Positive examples of each label that has one.
        sums: (d,) float64 whole-number sum of each label's positive examples, in units of 1/SCALE.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.sums: dict[str, Floats] = {}
        self._scatter: Floats | None = None
        self._pending: deque[tuple[Floats, int]] = deque()
        self._queue = threading.Lock()
        self._folding = threading.Lock()
        self._negatives: dict[str, tuple[int, Floats]] = {}

    @property
    def size(self) -> int:
        """Positive examples of all labels."""
        return sum(self.counts.values())

    @property
    def scatter(self) -> Floats | None:
        """(d, d) float64, Σ x xᵀ over the positive examples in units of 1/SCALE²; only the lower triangle is
        kept. None before the first example. The last few changes are added when it is asked for."""
        with self._folding:
            return self._folded()

    def scatter_matrix(self) -> Floats | None:
        """(d, d) float64 symmetric Σ x xᵀ over the positive examples, a copy; None before the first example."""
        with self._folding:
            scatter = self._folded()
            if scatter is None:
                return None
            low = np.tril(scatter)
        low /= constants.SCALE**2
        return low + np.tril(low, -1).T

    def check(self, change: Change) -> None:
        """Refuse a change that would be too much, before it is made.

        Args:
            change: What was added to and removed from the memory.

        Raises:
            RequestError: There would be more positive examples than `constants.MOST_EXAMPLES`.
        """
        signed = [(change.added, 1), (change.removed, -1)]
        size = self.size + sum(sign for some, sign in signed for example in some if not example.negative)
        if size > max(constants.MOST_EXAMPLES, self.size):
            raise RequestError(
                f"The memory would have {counted(size, 'example')}, over the "
                f"{constants.MOST_EXAMPLES} whose sums the rule 'calibrated' keeps exact: forget some, or set fuse "
                "to late."
            )

    def add(self, examples: tuple[Example, ...]) -> None:
        """Count examples in.

        Args:
            examples: Positive and negative ones; embeddings (d,) float32, unit norm.

        Raises:
            OverflowError: More than `constants.MOST_EXAMPLES` would not be exact any more.
        """
        more = sum(not example.negative for example in examples)
        if self.size + more > constants.MOST_EXAMPLES:
            raise OverflowError(
                f"Expected at most {counted(constants.MOST_EXAMPLES, 'example')}; got {self.size + more}."
            )
        self._change(examples, 1)

    def remove(self, examples: tuple[Example, ...]) -> None:
        """Take examples out that were counted in before.

        Args:
            examples: Such as were counted in, each once.
        """
        self._change(examples, -1)

    def mean(self, label: str) -> Floats:
        """(d,) float64 mean of a label's positive examples.

        Args:
            label: One with positive examples.
        """
        return self.sums[label] / (constants.SCALE * self.counts[label])

    def fingerprint(self) -> str:
        """A hash of the whole state; equal states have equal hashes, whatever led to them."""
        digest = hashlib.sha256()
        for label in sorted(self.counts):
            digest.update(f"+{label}\0{self.counts[label]}\0".encode() + _bits(self.sums[label]))
        for label in sorted(self._negatives):
            count, total = self._negatives[label]
            digest.update(f"-{label}\0{count}\0".encode() + _bits(total))
        if self.scatter is not None and self.counts:
            digest.update(_bits(np.tril(self.scatter)))
        return digest.hexdigest()

    def _folded(self) -> Floats | None:
        while (waiting := self._next_pending()) is not None:
            rows, sign = waiting
            if self._scatter is None:
                self._scatter = np.zeros((rows.shape[1],) * 2, order="F")
            self._scatter = dsyrk(float(sign), rows.T, beta=1.0, c=self._scatter, lower=1, overwrite_c=1)
        return self._scatter

    def _next_pending(self) -> tuple[Floats, int] | None:
        with self._queue:
            return self._pending.popleft() if self._pending else None

    def _change(self, examples: tuple[Example, ...], sign: int) -> None:
        for example in examples:
            row = np.rint(example.embedding.astype(np.float64) * constants.SCALE)
            (self._change_negative if example.negative else self._change_positive)(example.label, row, sign)
        rows = [example.embedding for example in examples if not example.negative]
        if rows:
            new = np.rint(np.stack(rows).astype(np.float64) * constants.SCALE)
            with self._queue:
                self._pending.append((new, sign))
                waiting = sum(len(some) for some, _ in self._pending)
            if waiting >= constants.MOST_PENDING:
                _ = self.scatter

    def _change_positive(self, label: str, row: Floats, sign: int) -> None:
        self.counts[label] = self.counts.get(label, 0) + sign
        self.sums[label] = self.sums.get(label, np.zeros_like(row)) + sign * row
        if self.counts[label] == 0:
            del self.counts[label], self.sums[label]

    def _change_negative(self, label: str, row: Floats, sign: int) -> None:
        count, total = self._negatives.get(label, (0, np.zeros_like(row)))
        self._negatives[label] = (count + sign, total + sign * row)
        if count + sign == 0:
            del self._negatives[label]


def _bits(array: Floats) -> bytes:
    return np.ascontiguousarray(array + 0.0).tobytes()
