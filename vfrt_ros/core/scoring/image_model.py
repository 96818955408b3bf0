"""The labels as class means under one metric: how far a frame is from each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.scoring.evidence import Array
from vfrt_ros.core.scoring.metric import Metric
from vfrt_ros.core.scoring.statistics import Statistics

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ImageModel:
    """Squared distances in units of what an example of the right label has on average.

    A squared distance to the mean of n examples is ``1 + 1/n`` times that to the true mean on average, and is
    divided by it (the predictive distribution of a Gaussian class; Murphy, "Conjugate Bayesian analysis of
    the Gaussian distribution", 2007), so that labels with few and with many examples compare.

    Attributes:
        labels: (c) with positive examples.
        metric: Shared by all labels.
        unit: The mean left-out squared distance to the own label, after the division.
        means: (c, d) float32.
        solved: (c, d) float32 means times the inverse covariance.
        squares: (c,) float64 squared norms of the means in the metric.
        norms: (c,) float32 plain norms of the means.
        inflation: (c,) float64, 1 + 1/n with n the effective examples.
        centre: Squared norm of the mean of the means.
    """

    labels: tuple[str, ...]
    metric: Metric
    unit: float
    means: Array
    solved: Array
    squares: Floats
    norms: Array
    inflation: Floats
    centre: float

    @classmethod
    def build(
        cls, labels: tuple[str, ...], means: Array, effective: Floats, metric: Metric, unit: float
    ) -> ImageModel:
        """The model of (c, d) float32 means of `labels` with (c,) effective examples each."""
        solved = metric.solve(means)
        squares = np.einsum("cd,cd->c", means, solved, dtype=np.float64)
        centre = float(means.mean(axis=0) @ solved.mean(axis=0)) if labels else 0.0
        norms = np.maximum(np.linalg.norm(means, axis=1), 1e-9)
        return cls(labels, metric, unit, means, solved, squares, norms, 1.0 + 1.0 / effective, centre)

    def moved(self, statistics: Statistics, changed: set[str]) -> ImageModel:
        """The model with the means of the changed labels, under the metric and the unit from before."""
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

        means, solved = merged("means"), merged("solved")
        centre = float(means.mean(axis=0) @ solved.mean(axis=0))
        parts = (merged("squares"), merged("norms"), merged("inflation"), centre)
        return ImageModel(labels, self.metric, self.unit, means, solved, *parts)

    def cosines(self, embedding: Array) -> Array:
        """(c,) float32 cosines of one (d,) unit-norm embedding with the means."""
        return np.asarray((self.means @ embedding) / self.norms, np.float32)

    def distances(self, embedding: Array) -> tuple[Floats, float]:
        """Of one (d,) float32 embedding.

        Returns:
            (c,) float64 squared distances to the labels, about 1 for the right one, and the one to the centre
            of all labels, in the same unit.
        """
        products = (self.solved @ embedding).astype(np.float64)
        square = self.square(embedding)
        labels = (square - 2.0 * products + self.squares) / (self.unit * self.inflation)
        centre = (square - 2.0 * products.mean() + self.centre) / (self.unit * (1.0 + 1.0 / len(self.labels)))
        return labels, float(centre)

    def square(self, embedding: Array) -> float:
        """Squared norm of one (d,) float32 embedding in the metric."""
        along = self.metric.directions @ embedding
        return float(embedding @ embedding) - float(along @ along)
