# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How far apart examples of one label lie, and which of them say nothing new."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.scoring import constants
from vfrt_ros.core.types.evidence import Array

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Spread:
    """The variance within labels, as the examples have it.

    Attributes:
        within: Trace of the within-label covariance to believe in.
        near: (n, n) True for an example itself and its near duplicates of the same label.
        effective: (c,) examples of each label, those of the same view counted once together; at least 1.
    """

    within: float
    near: Mask
    effective: Floats


def total_variance(means: Array, mean_example: Array, pictures: Array | None) -> float:
    """Half the mean squared distance between things with different labels (formula 4).

    Args:
        means: (c, d) float32 means of the labels.
        mean_example: (d,) float32 mean of all examples, each of unit norm.
        pictures: (p, d) float32 unit-norm embeddings of pictures of nothing; they stand for other labels
            and weigh as much as `constants.BACKGROUND_PICTURES_WEIGHT`.
    """
    c, centre = len(means), means.mean(axis=0)
    inside = (1.0 - 2.0 * float(centre @ mean_example) + float(centre @ centre)) * c / max(c - 1, 1)
    if pictures is None or not len(pictures):
        return inside if c > 1 else constants.UNSEEN_TOTAL
    outside = 1.0 - float((means @ pictures.mean(axis=0)).mean())
    return float(
        ((c - 1) * inside + constants.BACKGROUND_PICTURES_WEIGHT * outside)
        / (c - 1 + constants.BACKGROUND_PICTURES_WEIGHT)
    )


def spread_of(
    rows: Array, own: Ints, batches: Ints, *, counts: Floats, residual: float, total: float
) -> Spread:
    """The spread of a memory (formula 3).

    Args:
        rows: (n, d) float32 unit-norm examples, all of them or a sample.
        own: (n,) index of each one's label.
        batches: (n,) registration of each one; 0 = not known.
        counts: (c,) examples of each label in the whole memory.
        residual: Sum of the squared distances of all examples to the mean of their label.
        total: See `total_variance`.
    """
    prior = constants.WITHIN_SHARE * total
    freedom = float((counts - 1).sum())
    raw = residual / freedom if freedom > 0 else prior
    squares = np.maximum(2.0 - 2.0 * (rows @ rows.T), 0.0)
    same = own[:, None] == own[None]
    usual = _usual(squares, same, own, 2.0 * max(raw, 0.5 * prior))
    visit = _visits(squares, same & (batches[:, None] == batches[None]) & (batches > 0), 2.0 * prior)
    near, view = (
        same & (squares < constants.NEAR_DUPLICATE_SHARE * usual),
        same & (squares < constants.SAME_VIEW_SHARE * usual),
    )
    near, view = near | visit, view | visit
    effective = np.bincount(own, 1.0 / view.sum(axis=1), len(counts))
    sampled = np.maximum(np.bincount(own, minlength=len(counts)), 1)
    effective = np.maximum(effective * counts / sampled, 1.0)
    known = float((effective - 1.0).sum())
    within = (raw * known + prior * constants.PRIOR_EXAMPLES) / (known + constants.PRIOR_EXAMPLES)
    return Spread(within, near, effective)


def _visits(squares: Array, together: Mask, usual: float) -> Mask:
    """(n, n) True for an example itself and those of the same visit, given which were registered together."""
    size = np.maximum(together.sum(axis=1), 1)
    mean = np.where(together, squares, 0.0).sum(axis=1) / np.maximum(size - 1, 1)
    close = mean < constants.VISIT_SHARE * usual
    alike = together & close[:, None] & close[None]
    np.fill_diagonal(alike, True)
    return np.asarray(alike)


def _usual(squares: Array, same: Mask, own: Ints, common: float) -> Floats:
    """(n, 1) usual squared distance within each example's label, drawn to the common one."""
    others = same & ~np.eye(len(own), dtype=bool)
    if not others.any():
        return np.full((len(own), 1), common)
    medians = np.ma.median(np.ma.array(squares, mask=~others), axis=1).filled(common)
    labels = np.bincount(own, medians) / np.maximum(np.bincount(own), 1)
    return np.asarray(np.clip(labels, constants.LEAST_USUAL_SHARE * common, common)[own][:, None])
