# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Resampling as a product with a matrix that has few entries beside its diagonal.

A few rows of such a matrix have their entries in a few columns. Each such band is multiplied by itself, so that most of
the zeros are left out and what remains is quick.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ROWS = 8
"""Of a band: few, so that it has few zeros, and many, so that it is multiplied quickly."""


@dataclass(frozen=True, slots=True)
class Banded:
    """A matrix without most of its zeros.

    Attributes:
        rows: Of the matrix.
        used: The columns that have entries, from the first to after the last.
        bands: For each few rows in turn, which of the used columns have entries, and those.
    """

    rows: int
    used: slice
    bands: tuple[tuple[slice, slice, np.ndarray], ...]

    @classmethod
    def of(cls, dense: np.ndarray) -> Banded:
        """The matrix of (n, m) floats, n > 0, each of whose rows has an entry.

        >>> Banded.of(np.eye(3)) @ np.arange(6, dtype=np.float32).reshape(3, 2)
        array([[0., 1.],
               [2., 3.],
               [4., 5.]], dtype=float32)
        """
        entries = dense != 0
        low, high = entries.argmax(axis=1), dense.shape[1] - entries[:, ::-1].argmax(axis=1)
        start = int(low.min())
        bands = []
        for row in range(0, len(dense), _ROWS):
            rows = slice(row, min(row + _ROWS, len(dense)))
            first, end = int(low[rows].min()), int(high[rows].max())
            bands.append((rows, slice(first - start, end - start), dense[rows, first:end].astype(np.float32)))
        return cls(len(dense), slice(start, int(high.max())), tuple(bands))

    def __matmul__(self, columns: np.ndarray) -> np.ndarray:
        """(rows, k) float32; `columns` is (used, k) float32."""
        product = np.empty((self.rows, columns.shape[1]), np.float32)
        for rows, used, weights in self.bands:
            np.matmul(weights, columns[used], out=product[rows])
        return product
