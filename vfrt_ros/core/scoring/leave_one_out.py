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
    products = _Products.of(rows, own, near, means=means, counts=counts, metric=metric)
    removal = _Removal(near, products, scale)
    return LeftOut(
        own,
        _to_labels(products, removal),
        _to_centre(products, removal),
        _to_centre_of_others(products, removal),
        np.nan_to_num(products.left),
    )


@dataclass(frozen=True, slots=True)
class _Products:
    """Inner products in the metric of n examples x, the label means m, each example's residual r from the mean of its
    own label, and that mean o without the example and its near duplicates.

    Attributes:
        own: (n,) index of each example's label.
        removed, left: (n,) examples of the own label that are taken away, and that are left; NaN where none is left.
        xx, xm, mm: (n, n), (n, c) and (c, c).
        rx, rm: (n, n) and (n, c).
        xo, oo: (n,) of each example, and of its o, with its o.
        om: (n, c) of each example's o with the means.
        ro: (n, n) of each residual with the o of every example.
    """

    own: Ints
    removed: Floats
    left: Floats
    xx: Floats
    xm: Floats
    mm: Floats
    rx: Floats
    rm: Floats
    xo: Floats
    oo: Floats
    om: Floats
    ro: Floats

    @classmethod
    def of(
        cls, rows: Array, own: Ints, near: Mask, *, means: Array, counts: Floats, metric: Metric
    ) -> _Products:
        """See `leave_one_out`."""
        at = np.arange(len(rows))
        xx, xm, mm = metric.inner(rows, rows), metric.inner(rows, means), metric.inner(means, means)
        mask = near.astype(np.float64)
        n, removed = counts[own], mask.sum(axis=1)
        left = np.where(n - removed > 0.5, n - removed, np.nan)
        rm, rx, mx = xm - mm[own], xx - xm[:, own].T, xm[:, own].T
        removed_squared = ((mask @ xx) * mask).sum(axis=1)
        return cls(
            own=own,
            removed=removed,
            left=left,
            xx=xx,
            xm=xm,
            mm=mm,
            rx=rx,
            rm=rm,
            xo=(n * xm[at, own] - (mask * xx).sum(axis=1)) / left,
            oo=(n**2 * mm[own, own] - 2 * n * (mask * mx).sum(axis=1) + removed_squared) / left**2,
            om=(n[:, None] * mm[own] - mask @ xm) / left[:, None],
            ro=(n * rm[at, own][:, None] - rx @ mask.T) / left,
        )


def _to_labels(p: _Products, removal: _Removal) -> Floats:
    """(n, c) squared distances to the label means, that of the own label being o."""
    at, own = np.arange(len(p.own)), p.own
    square = np.diag(p.xx)[:, None] - 2 * p.xm + np.diag(p.mm)[None]
    distances = removal.plus(square, p.rm[removal.picks])
    to_own = np.diag(p.xx) - 2 * p.xo + p.oo
    distances[at, own] = removal.plus_one(to_own, removal.pick(p.ro))
    return distances


def _to_centre(p: _Products, removal: _Removal) -> Floats:
    """(n,) squared distances to the mean of the label means, that of the own label being o."""
    at, own, c = np.arange(len(p.own)), p.own, len(p.mm)
    products = p.xm.mean(axis=1) + (p.xo - p.xm[at, own]) / c
    moved = 2 * (p.om.mean(axis=1) - p.mm.mean(axis=1)[own]) / c
    square = p.mm.mean() + moved + (p.oo - 2 * p.om[at, own] + p.mm[own, own]) / c**2
    along = p.rm.mean(axis=1)[removal.picks] + (removal.pick(p.ro) - removal.own_mean) / c
    return removal.plus_one(np.diag(p.xx) - 2 * products + square, along)


def _to_centre_of_others(p: _Products, removal: _Removal) -> Floats:
    """(n,) squared distances to the mean of the means of the other labels."""
    at, own, c = np.arange(len(p.own)), p.own, len(p.mm)
    others = max(c - 1, 1)
    products = (c * p.xm.mean(axis=1) - p.xm[at, own]) / others
    square = (c**2 * p.mm.mean() - 2 * c * p.mm.mean(axis=1)[own] + p.mm[own, own]) / others**2
    along = (c * p.rm.mean(axis=1)[removal.picks] - removal.own_mean) / others
    return removal.plus_one(np.diag(p.xx) - 2 * products + square, along)


class _Removal:
    """The covariance without the picked residuals of each row: what that adds to squared distances.

    Args:
        near: (n, n), see `leave_one_out`.
        products: Of the examples.
        scale: Degrees of freedom times the metric's floor.

    Attributes:
        picks: (n, g) see `_picks`.
        own_mean: (n, g) inner products of the picked residuals with the mean of the row's own label.
    """

    def __init__(self, near: Mask, products: _Products, scale: float) -> None:
        p = products
        self.picks, self._real = picks, real = _picks(near, p.xx)
        self.own_mean = p.rm[picks, p.own[:, None]]
        rr = p.rx[picks[:, :, None], picks[:, None, :]] - self.own_mean[:, :, None]
        both = real[:, :, None] & real[:, None, :]
        eye = np.eye(picks.shape[1])[None]
        ones = both / (np.nan_to_num(p.left, nan=1e12) + p.removed)[:, None, None]
        self._kernel = np.linalg.inv(np.where(both, scale * (eye - ones) - rr, eye) + 1e-9 * scale * eye)
        self._x = np.where(real, self.pick(p.rx), 0.0)

    def pick(self, table: Floats) -> Floats:
        """(n, g) entries [pick, row] of an (n, n) table."""
        return np.asarray(table[self.picks, np.arange(len(self.picks))[:, None]])

    def plus(self, square: Floats, along: Floats) -> Floats:
        """(n, t) squared distances to t targets, `along` (n, g, t) being the residuals' products with them."""
        u = np.where(self._real[:, :, None], self._x[:, :, None] - along, 0.0)
        return np.asarray(square + np.einsum("ngt,ngh,nht->nt", u, self._kernel, u, optimize=True))

    def plus_one(self, square: Floats, along: Floats) -> Floats:
        """(n,) squared distances to one target of each row, `along` (n, g) likewise."""
        return np.asarray(self.plus(square[:, None], along[:, :, None])[:, 0])


def _picks(near: Mask, xx: Floats) -> tuple[Ints, Mask]:
    """(n, g) indices of each row itself and its nearest near duplicates, and which of them are real."""
    size = int(min(near.sum(axis=1).max(), constants.REMOVED_AT_MOST))
    order = np.where(near, np.diag(xx)[:, None] + np.diag(xx)[None] - 2 * xx, np.inf)
    np.fill_diagonal(order, -1.0)
    picks = np.argsort(order, axis=1)[:, :size]
    return picks, np.take_along_axis(near, picks, axis=1)
