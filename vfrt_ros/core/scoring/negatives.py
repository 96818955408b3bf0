# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Negative examples: pictures of what a label is not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.scoring import constants
from vfrt_ros.core.types.evidence import Array

Floats = npt.NDArray[np.float64]


class Negatives:
    """The negative examples of a memory, by label.

    Args:
        table: The examples of the memory.
        position: Column of each label.
    """

    def __init__(self, table: ExampleTable, position: Mapping[str, int]) -> None:
        self._labels = len(position)
        self._rows = [
            (position[label], table.gather(table.rows(label, negative=True)))
            for label in table.negative_labels()
        ]

    def penalty(self, embedding: Array, within: float) -> Floats:
        """Squared distance that negative examples add where they are near (formula 21).

        Args:
            embedding: (…, d) float32, unit norm.
            within: Variance within labels: twice of it is the usual squared distance of two examples of a label.

        Returns:
            (…, c) float64.
        """
        penalty = np.zeros((*embedding.shape[:-1], self._labels))
        for index, rows in self._rows:
            nearest = 2.0 - 2.0 * (embedding @ rows.T).max(axis=-1).astype(np.float64)
            near = np.maximum(0.0, 1.0 - nearest / (2.0 * within))
            penalty[..., index] = constants.NEGATIVE_PENALTY * near**2
        return penalty
