"""Which labels there are, how many examples each has, and its text prototype."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.evidence import Array
from vfrt_ros.core.types.example import Change, Example


class LabelTable:
    """The labels in order of their names, followed through the changes of a memory.

    Attributes:
        labels: Every label that has an example (positive or negative) or a prompt.
        owners: ``id -> (index into labels, negative)`` of each example.
        positives: (c,) int64, positive examples of each label.
        prototypes: (c, d) float32, NaN rows where a label has no prompt; (c, 0) where none has one.
        refused: ``index into labels -> (n, d) float32`` embeddings of its negative examples.
    """

    def __init__(self) -> None:
        self._examples: dict[int, tuple[str, bool]] = {}
        self._negatives: dict[int, Example] = {}
        self._prompts: dict[str, Array] = {}
        self._refresh()

    def apply(self, change: Change) -> None:
        """Follow a change; a relabel removes and adds the same ids."""
        for example in change.removed:
            self._examples.pop(example.id, None)
            self._negatives.pop(example.id, None)
        for example in change.added:
            self._examples[example.id] = _owner(example)
            if example.negative:
                self._negatives[example.id] = example
        self._refresh()

    def set_prototypes(self, labels: tuple[str, ...], embeddings: Array) -> None:
        """Replace the text prototypes.

        Raises:
            ValueError: There are not as many embeddings as labels.
        """
        if len(labels) != len(embeddings):
            raise ValueError(
                f"Expected one embedding for each of {len(labels)} labels; got {len(embeddings)}."
            )
        self._prompts = dict(zip(labels, np.asarray(embeddings, np.float32), strict=True))
        self._refresh()

    def text(self, embedding: Array) -> Array:
        """(c,) float32 cosines of a (d,) unit-norm embedding with the prototypes, NaN where there is none."""
        if not self._prompts:
            return np.full(len(self.labels), np.nan, np.float32)
        return (self.prototypes @ embedding).astype(np.float32)

    def _refresh(self) -> None:
        names = {label for label, _ in self._examples.values()} | set(self._prompts)
        self.labels: tuple[str, ...] = tuple(sorted(names))
        index = {label: i for i, label in enumerate(self.labels)}
        self.owners = {key: (index[label], negative) for key, (label, negative) in self._examples.items()}
        positive = [i for i, negative in self.owners.values() if not negative]
        self.positives: npt.NDArray[np.int64] = np.bincount(positive, minlength=len(names)).astype(np.int64)
        d = len(next(iter(self._prompts.values()))) if self._prompts else 0
        self.prototypes: Array = np.full((len(names), d), np.nan, np.float32)
        for label, embedding in self._prompts.items():
            self.prototypes[index[label]] = embedding
        rows: dict[int, list[Array]] = {}
        for example in self._negatives.values():
            rows.setdefault(index[example.label], []).append(example.embedding)
        self.refused = {i: np.stack(group) for i, group in rows.items()}


def _owner(example: Example) -> tuple[str, bool]:
    return example.label, example.negative
