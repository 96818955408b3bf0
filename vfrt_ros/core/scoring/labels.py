# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which labels there are, how many examples each has, and its text prototype."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.evidence import Array


class LabelTable:
    """The labels in order of their names, read from a table of examples.

    Args:
        examples: Somebody else changes it, and says `refresh` afterwards.

    Attributes:
        labels: Every label that has an example (positive or negative) or a prompt.
        positives: (c,) int64, positive examples of each label.
        prototypes: (c, d) float32, NaN rows where a label has no prompt; (c, 0) where none has one.
        refused: ``index into labels -> (n, d) float32`` embeddings of its negative examples.
    """

    def __init__(self, examples: ExampleTable) -> None:
        self._examples = examples
        self._prompts: dict[str, Array] = {}
        self.refresh()

    def set_prototypes(self, labels: tuple[str, ...], embeddings: Array) -> None:
        """Replace the text prototypes.

        Raises:
            ValueError: There are not as many embeddings as labels.
        """
        if len(labels) != len(embeddings):
            raise ValueError(
                f"Expected one embedding for each of {counted(len(labels), 'label')}; got {len(embeddings)}."
            )
        self._prompts = dict(zip(labels, np.asarray(embeddings, np.float32), strict=True))
        self.refresh()

    def index(self, row: int) -> int:
        """Index into `labels` of the label of an example."""
        return self._index[self._examples.label(row)]

    def text(self, embedding: Array) -> Array:
        """(c,) float32 cosines of a (d,) unit-norm embedding with the prototypes, NaN where there is none."""
        if not self._prompts:
            return np.full(len(self.labels), np.nan, np.float32)
        return (self.prototypes @ embedding).astype(np.float32)

    def refresh(self) -> None:
        """Follow a change of the examples."""
        table = self._examples
        self.labels: tuple[str, ...] = tuple(sorted({*table.labels, *self._prompts}))
        self._index = {label: i for i, label in enumerate(self.labels)}
        self.positives: npt.NDArray[np.int64] = np.array(
            [table.count(label) for label in self.labels], np.int64
        )
        d = len(next(iter(self._prompts.values()))) if self._prompts else 0
        self.prototypes: Array = np.full((len(self.labels), d), np.nan, np.float32)
        for label, embedding in self._prompts.items():
            self.prototypes[self._index[label]] = embedding
        self.refused = {
            self._index[label]: table.gather(table.rows(label, negative=True))
            for label in table.negative_labels()
        }
