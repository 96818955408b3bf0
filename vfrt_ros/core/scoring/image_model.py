# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The labels as class means under one metric: how far a frame is from each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.scoring.metric import Metric
from vfrt_ros.core.scoring.statistics import Statistics
from vfrt_ros.core.types.evidence import Array

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ImageModel:
    """Squared distances in units of what an example of the right label has on average (formula 2).

    A squared distance to the mean of n examples is ``1 + 1/n`` times that to the true mean on average, and is
    divided by it (the predictive distribution of a Gaussian class; Murphy, "Conjugate Bayesian analysis of
    the Gaussian distribution", 2007), so that labels with few and with many examples compare.

    Attributes:
        labels: (c) with positive examples.
        metric: Shared by all labels.
        unit: The mean left-out squared distance to the own label, after the division.
        means: (c, d) float32.
        along: (c, r) float32 means in the metric's own coordinates, see `Metric.project`.
        squares: (c,) float64 squared norms of the means in the metric.
        norms: (c,) float32 plain norms of the means.
        inflation: (c,) float64, 1 + 1/n with n the effective examples.
        centre: Squared norm of the mean of the means.
    """

    labels: tuple[str, ...]
    metric: Metric
    unit: float
    means: Array
    along: Array
    squares: Floats
    norms: Array
    inflation: Floats
    centre: float

    @classmethod
    def build(
        cls, labels: tuple[str, ...], means: Array, effective: Floats, metric: Metric, unit: float
    ) -> ImageModel:
        """The model of (c, d) float32 means of `labels` with (c,) effective examples each.

        Args:
            labels: c labels.
            means: (c, d) float32.
            effective: (c,) float64, at least 1.
            metric: Shared by all labels.
            unit: Mean left-out squared distance to the own label, above 0.
        """
        along = metric.project(means)
        plain = _squares(means)
        return cls(
            labels=labels,
            metric=metric,
            unit=unit,
            means=means,
            along=along,
            squares=plain - _squares(along),
            norms=np.maximum(np.sqrt(plain), 1e-9).astype(np.float32),
            inflation=1.0 + 1.0 / effective,
            centre=_centre(means, along),
        )

    def moved(self, statistics: Statistics, changed: set[str]) -> ImageModel:
        """The model with the means of the changed labels, under the metric and the unit from before.

        Args:
            statistics: Of the memory as it is now.
            changed: Labels whose examples have changed.
        """
        labels = tuple(sorted(statistics.counts))
        place = {label: i for i, label in enumerate(self.labels)}
        new = [i for i, label in enumerate(labels) if label in changed or label not in place]
        fresh = (
            np.stack([statistics.mean(labels[i]) for i in new]).astype(np.float32) if new else self.means[:0]
        )
        counts = np.array([statistics.counts[labels[i]] for i in new], np.float64)
        other = ImageModel.build(tuple(labels[i] for i in new), fresh, counts, self.metric, self.unit)
        source = np.array([place.get(label, 0) for label in labels], np.intp)

        def merged(name: str) -> npt.NDArray[Any]:
            # One copy, for the memory of 200 labels is megabytes and a registration waits for it.
            rows = getattr(self, name).take(source, axis=0)
            rows[new] = getattr(other, name)
            return np.asarray(rows)

        means, along = merged("means"), merged("along")
        return ImageModel(
            labels=labels,
            metric=self.metric,
            unit=self.unit,
            means=means,
            along=along,
            squares=merged("squares"),
            norms=merged("norms"),
            inflation=merged("inflation"),
            centre=_centre(means, along),
        )

    def compare(self, embedding: Array) -> tuple[Array, Floats, Floats]:
        """Embeddings with all labels.

        Args:
            embedding: (…, d) float32, unit norm.

        Returns:
            (…, c) float32 cosines with the means; (…, c) float64 squared distances, about 1 for the right label; and
            (…) those to the centre of all labels, in the same unit.
        """
        products, own = embedding @ self.means.T, embedding @ self.metric.directions.T
        inner = products.astype(np.float64) - own @ self.along.T
        square = _squares(embedding) - _squares(own)
        labels = (square[..., None] - 2.0 * inner + self.squares) / (self.unit * self.inflation)
        centre = square - 2.0 * inner.mean(axis=-1) + self.centre
        return products / self.norms, labels, centre / (self.unit * (1.0 + 1.0 / len(self.labels)))


def _squares(rows: Array) -> Floats:
    """(…) squared norms of (…, r) rows."""
    return np.asarray(np.einsum("...r,...r->...", rows, rows, dtype=np.float64))


def _centre(means: Array, along: Array) -> float:
    """Squared norm of the mean of the means in the metric; 0 without any."""
    if not len(means):
        return 0.0
    middle, projected = means.mean(axis=0), along.mean(axis=0)
    return float(middle @ middle) - float(projected @ projected)
