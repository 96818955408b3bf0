# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How far each example of the memory is from every label when it is left out itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.metric import Metric
from vfrt_ros.core.types.evidence import Array

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Squared distances of n examples, each left out together with its near duplicates.

    Attributes:
        own: (n,) index of each example's label.
        distances: (n, c) float64 to the mean of each label; NaN to its own where nothing is left of it.
        known_centre: (n,) float64 to the mean of the label means.
        unknown_centre: (n,) float64 the same without the example's label, as if nobody had taught it.
        rest: (n,) examples of its own label that were left.
    """

    own: Ints
    distances: Floats
    known_centre: Floats
    unknown_centre: Floats
    rest: Floats


def leave_one_out(
    rows: Array,
    own: Ints,
    near: Mask,
    *,
    means: Array,
    counts: Floats,
    metric: Metric,
    scale: float,
) -> LeftOut:
    """Leave each row out in closed form, as if the statistics had been made without it (formula 5).

    A label of n examples with residuals r loses the set G of m: its mean becomes ``(n μ − Σ x) / (n − m)``, the
    scatter ``S − Rᵀ (I + 11ᵀ/(n−m)) R`` with the rows of R the residuals of G, and the inverse of the
    covariance follows by Woodbury's identity.

    Args:
        rows: (n, d) float32 examples.
        own: (n,) index of each one's label.
        near: (n, n) True for an example itself and its near duplicates of the same label.
        means: (c, d) float32 of the labels, over all their examples.
        counts: (c,) examples of the labels.
        metric: The shared metric, of all examples.
        scale: Degrees of freedom times the metric's floor.
    """
    at, c = np.arange(len(rows)), len(means)
    xx, xm, mm = metric.inner(rows, rows), metric.inner(rows, means), metric.inner(means, means)
    mask = near.astype(np.float64)
    n, removed = counts[own], mask.sum(axis=1)
    left = np.where(n - removed > 0.5, n - removed, np.nan)
    others = max(c - 1, 1)

    # Inner products of each x, of the residuals r, and of their own label's mean without them (o) with all.
    r_m, r_x = xm - mm[own], xx - xm[:, own].T
    m_x = xm[:, own].T
    x_o = (n * xm[at, own] - (mask * xx).sum(axis=1)) / left
    o_m = (n[:, None] * mm[own] - mask @ xm) / left[:, None]
    oo = (n**2 * mm[own, own] - 2 * n * (mask * m_x).sum(axis=1) + ((mask @ xx) * mask).sum(axis=1)) / left**2
    r_o = (n * r_m[at, own][:, None] - r_x @ mask.T) / left

    picks, real = _picks(near, xx)
    towards = _Removal(
        picks, real, own=own, left=left, removed=removed, to_rows=r_x, to_means=r_m, scale=scale
    )

    square = np.diag(xx)[:, None] - 2 * xm + np.diag(mm)[None]
    distances = towards.plus(square, r_m[picks])
    distances[at, own] = towards.plus((np.diag(xx) - 2 * x_o + oo)[:, None], towards.pick(r_o)[:, :, None])[
        :, 0
    ]

    x_g, m_g, r_g = xm.mean(axis=1), mm.mean(axis=1)[own], r_m.mean(axis=1)
    x_k = x_g + (x_o - xm[at, own]) / c
    kk = mm.mean() + 2 * (o_m.mean(axis=1) - m_g) / c + (oo - 2 * o_m[at, own] + mm[own, own]) / c**2
    r_k = r_g[picks] + (towards.pick(r_o) - towards.own_mean) / c
    known = towards.plus((np.diag(xx) - 2 * x_k + kk)[:, None], r_k[:, :, None])[:, 0]

    x_u = (c * x_g - xm[at, own]) / others
    uu = (c**2 * mm.mean() - 2 * c * m_g + mm[own, own]) / others**2
    r_u = (c * r_g[picks] - towards.own_mean) / others
    unknown = towards.plus((np.diag(xx) - 2 * x_u + uu)[:, None], r_u[:, :, None])[:, 0]
    return LeftOut(own, distances, known, unknown, np.nan_to_num(left))


class _Removal:
    """The covariance without the picked residuals of each row: what that adds to squared distances."""

    def __init__(
        self,
        picks: Ints,
        real: Mask,
        *,
        own: Ints,
        left: Floats,
        removed: Floats,
        to_rows: Floats,
        to_means: Floats,
        scale: float,
    ) -> None:
        """
        Args:
            picks, real: (n, g), see `_picks`.
            own: (n,) index of each row's label.
            left, removed: (n,) examples of the own label that are left, and that are not; NaN where none is left.
            to_rows: (n, n) inner products of each row's residual with every row.
            to_means: (n, c) the same with every label's mean.
            scale: Degrees of freedom times the metric's floor.
        """
        r_x, r_m = to_rows, to_means
        self._picks, self._real = picks, real
        at = np.arange(len(picks))
        self.own_mean = r_m[picks, own[:, None]]
        rr = r_x[picks[:, :, None], picks[:, None, :]] - r_m[picks, own[:, None]][:, :, None]
        both = real[:, :, None] & real[:, None, :]
        eye = np.eye(picks.shape[1])[None]
        ones = both / (np.nan_to_num(left, nan=1e12) + removed)[:, None, None]
        self._kernel = np.linalg.inv(np.where(both, scale * (eye - ones) - rr, eye) + 1e-9 * scale * eye)
        self._x = np.where(real, r_x[picks, at[:, None]], 0.0)

    def pick(self, table: Floats) -> Floats:
        """(n, g) entries [pick, row] of an (n, n) table."""
        return np.asarray(table[self._picks, np.arange(len(self._picks))[:, None]])

    def plus(self, square: Floats, along: Floats) -> Floats:
        """(n, t) squared distances to t targets, `along` (n, g, t) being the residuals' products with them."""
        u = np.where(self._real[:, :, None], self._x[:, :, None] - along, 0.0)
        return np.asarray(square + np.einsum("ngt,ngh,nht->nt", u, self._kernel, u, optimize=True))


def _picks(near: Mask, xx: Floats) -> tuple[Ints, Mask]:
    """(n, g) indices of each row itself and its nearest near duplicates, and which of them are real."""
    size = int(min(near.sum(axis=1).max(), constants.REMOVED_AT_MOST))
    order = np.where(near, np.diag(xx)[:, None] + np.diag(xx)[None] - 2 * xx, np.inf)
    np.fill_diagonal(order, -1.0)
    picks = np.argsort(order, axis=1)[:, :size]
    return picks, np.take_along_axis(near, picks, axis=1)
