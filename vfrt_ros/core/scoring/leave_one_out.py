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
    removed = _Removed.of(rows, near, metric)
    products = _Products.of(rows, own, near, removed, means=means, counts=counts, metric=metric)
    removal = _Removal(removed, products, scale)
    return LeftOut(
        own,
        _to_labels(products, removal),
        _to_centre(products, removal),
        _to_centre_of_others(products, removal),
        np.nan_to_num(products.left),
    )


@dataclass(frozen=True, slots=True)
class _Removed:
    """The residuals that the covariance is freed of: those of the near duplicates, or where these are too many, its
    own and the mean of the others'.

    The scatter of m vectors is at least m times that of their mean, so that nothing is taken away that is not there.

    Attributes:
        others: (k, d) float32 means of the others, for those of the n rows whose near duplicates are too many.
        owners: (k,) the row that each belongs to.
        picks: (n, g) indices of rows, and from n on of `others`.
        roots: (n, g) square roots of how many examples each pick stands for; 0 = it is not real.
    """

    others: Array
    owners: Ints
    picks: Ints
    roots: Floats

    @classmethod
    def of(cls, rows: Array, near: Mask, metric: Metric) -> _Removed:
        """Choose them; arguments as for `leave_one_out`."""
        xx, count = metric.inner(rows, rows), near.sum(axis=1)
        many = count > constants.REMOVED_AT_MOST
        owners = np.flatnonzero(many)
        size = max(int(count[~many].max(initial=1)), 2 if len(owners) else 1)
        order = np.where(near, np.diag(xx)[:, None] + np.diag(xx)[None] - 2 * xx, np.inf)
        np.fill_diagonal(order, -1.0)
        picks = np.argsort(order, axis=1)[:, :size]
        roots = np.take_along_axis(near, picks, axis=1).astype(np.float64)
        rest = near[owners].astype(np.float32)
        rest[np.arange(len(owners)), owners] = 0.0
        others = rest @ rows / rest.sum(axis=1, keepdims=True)
        if len(owners):
            picks[owners, 1] = len(rows) + np.arange(len(owners))
            roots[owners, 1], roots[owners, 2:] = np.sqrt(count[owners] - 1.0), 0.0
        return cls(others, owners, picks, roots)


@dataclass(frozen=True, slots=True)
class _Products:
    """Inner products in the metric of n examples x, the label means m, each example's residual r from the mean of its
    own label, and that mean o without the example and its near duplicates. Of the residuals there are n + k: those of
    the means in `_Removed` follow.

    Attributes:
        own: (n,) index of each example's label.
        left: (n,) examples of the own label that are left; NaN where none is.
        counts: (n,) examples of the own label.
        xx, xm, mm: (n, n), (n, c) and (c, c).
        rx, rm: (n + k, n + k) and (n + k, c).
        xo, oo: (n,) of each example, and of its o, with its o.
        om: (n, c) of each example's o with the means.
        ro: (n + k, n) of each residual with the o of every example.
    """

    own: Ints
    left: Floats
    counts: Floats
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
        cls,
        rows: Array,
        own: Ints,
        near: Mask,
        removed: _Removed,
        *,
        means: Array,
        counts: Floats,
        metric: Metric,
    ) -> _Products:
        """See `leave_one_out` and `_Removed`."""
        at, mask = np.arange(len(rows)), near.astype(np.float64)
        all_own = np.concatenate([own, own[removed.owners]])
        everything = np.concatenate([rows, removed.others])
        all_xx, all_xm = metric.inner(everything, everything), metric.inner(everything, means)
        xx, xm, mm = all_xx[: len(rows), : len(rows)], all_xm[: len(rows)], metric.inner(means, means)
        n, gone = counts[own], mask.sum(axis=1)
        left = np.where(n - gone > 0.5, n - gone, np.nan)
        rm, rx, mx = all_xm - mm[all_own], all_xx - all_xm[:, all_own].T, xm[:, own].T
        gone_squared = ((mask @ xx) * mask).sum(axis=1)
        return cls(
            own=own,
            left=left,
            counts=n,
            xx=xx,
            xm=xm,
            mm=mm,
            rx=rx,
            rm=rm,
            xo=(n * xm[at, own] - (mask * xx).sum(axis=1)) / left,
            oo=(n**2 * mm[own, own] - 2 * n * (mask * mx).sum(axis=1) + gone_squared) / left**2,
            om=(n[:, None] * mm[own] - mask @ xm) / left[:, None],
            ro=(n * rm[:, own] - rx[:, : len(rows)] @ mask.T) / left,
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
        removed: The picks.
        products: Of the examples.
        scale: Degrees of freedom times the metric's floor.

    Attributes:
        picks: (n, g) see `_Removed`.
        own_mean: (n, g) inner products of the picked residuals with the mean of the row's own label.
    """

    def __init__(self, removed: _Removed, products: _Products, scale: float) -> None:
        p = products
        self.picks, self._roots = picks, roots = removed.picks, removed.roots
        self.own_mean = p.rm[picks, p.own[:, None]]
        rr = p.rx[picks[:, :, None], picks[:, None, :]] - self.own_mean[:, :, None]
        whole = np.where(np.isnan(p.left), np.inf, p.counts)[:, None, None]
        share = roots[:, :, None] * roots[:, None, :] * (1.0 / whole + rr / scale)
        self._kernel = np.linalg.inv((1.0 + 1e-9) * np.eye(picks.shape[1])[None] - share) / scale
        self._x = self.pick(p.rx)

    def pick(self, table: Floats) -> Floats:
        """(n, g) entries [pick, row] of a table with as many columns as there are rows, at least."""
        return np.asarray(table[self.picks, np.arange(len(self.picks))[:, None]])

    def plus(self, square: Floats, along: Floats) -> Floats:
        """(n, t) squared distances to t targets, `along` (n, g, t) being the residuals' products with them."""
        u = self._roots[:, :, None] * (self._x[:, :, None] - along)
        return np.asarray(square + np.einsum("ngt,ngh,nht->nt", u, self._kernel, u, optimize=True))

    def plus_one(self, square: Floats, along: Floats) -> Floats:
        """(n,) squared distances to one target of each row, `along` (n, g) likewise."""
        return np.asarray(self.plus(square[:, None], along[:, :, None])[:, 0])
