# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One shared shrunk within-label covariance, as an inner product that costs little per frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh, qr

from vfrt_ros.core.scoring import constants
from vfrt_ros.core.types.evidence import Array

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Metric:
    """``⟨a, b⟩ = aᵀ (W + floor·I)⁻¹ b`` up to the factor `floor`, W being of low rank.

    By Woodbury's identity, with the eigenpairs (s, v) of W and w = s / (s + floor):
    ``floor · (W + floor·I)⁻¹ = I − V diag(w) Vᵀ``. A uniform ridge of the mean variance is the shrinkage of
    the GDA classifiers for CLIP (Wang et al., "A Hard-to-Beat Baseline for Training-free CLIP-based
    Adaptation", ICLR 2024).

    Attributes:
        directions: (r, d) float32, the rows √w v.
    """

    directions: Array

    def project(self, rows: Array) -> Array:
        """(n, d) rows in the (n, r) coordinates that `inner` subtracts.

        Args:
            rows: (n, d) float32.

        Returns:
            (n, r) float32.
        """
        return np.asarray(rows @ self.directions.T, np.float32)

    def inner(self, left: Array, right: Array) -> Floats:
        """(n, m) inner products of (n, d) and (m, d) rows, in float64: differences of them matter.

        Args:
            left: (n, d) float32.
            right: (m, d) float32.

        Returns:
            (n, m) float64.
        """
        first, second, along = (part.astype(np.float64) for part in (left, right, self.directions))
        return np.asarray(first @ second.T - (first @ along.T) @ (second @ along.T).T)


def plain(d: int) -> Metric:
    """The metric of a memory that says nothing about the spread: the cosine's.

    Args:
        d: Numbers of an embedding.
    """
    return Metric(np.zeros((0, d), np.float32))


def from_residuals(residuals: Array, freedom: float, variance: float) -> Metric:
    """The metric of few examples, through their n × n Gram matrix.

    Args:
        residuals: (n, d) float32, examples less the mean of their label.
        freedom: Degrees of freedom, n less the labels.
        variance: The trace of the covariance to believe in; its mean over d is the floor.
    """
    d = residuals.shape[1]
    values, vectors = eigh((residuals @ residuals.T).astype(np.float64) / freedom)
    values, vectors = values[::-1][: constants.METRIC_RANK], vectors[:, ::-1][:, : constants.METRIC_RANK]
    # vᵀ residuals has the norm √(freedom · value): where the value is only rounding noise, so is the direction.
    weights = 1.0 / np.sqrt(freedom * (np.maximum(values, 0.0) + variance / d))
    return Metric(np.asarray((vectors * weights).T.astype(np.float32) @ residuals, np.float32))


def from_scatter(scatter: Floats, freedom: float, variance: float) -> Metric:
    """The metric of many examples, by subspace iteration (Halko et al. 2011, algorithm 4.4).

    Args:
        scatter: (d, d) float64 symmetric within-label scatter.
        freedom, variance: As for `from_residuals`.
    """
    d = len(scatter)
    covariance = (scatter / freedom).astype(np.float32)
    basis = np.random.default_rng(0).normal(size=(d, min(constants.METRIC_RANK, d))).astype(np.float32)
    for _ in range(constants.METRIC_ROUNDS):
        basis = qr(covariance @ basis, mode="economic", check_finite=False)[0]
    values, vectors = eigh((basis.T @ (covariance @ basis)).astype(np.float64))
    rows = (basis @ vectors.astype(np.float32)).T
    values = np.maximum(values, 0.0)
    return Metric(np.asarray(np.sqrt(values / (values + variance / d))[:, None] * rows, np.float32))
