"""How far apart examples of one label lie, and which of them say nothing new."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.scoring.evidence import Array

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

WITHIN_SHARE = 0.4
"""The variance within labels as a share of the total, before the memory tells: a number without unit."""
PRIOR_FREEDOM = 2.0
"""Degrees of freedom that this prior counts for."""
NEAR_SHARE = 0.3
"""Two examples of a label are near duplicates below this share of its usual squared distance: at a correlation
of 0.7 and more, as between frames of one scene."""
UNSEEN_TOTAL = 0.8
"""The total variance of pictures of unit norm where there are neither two labels nor background pictures."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What the examples say about the variance within labels.

    Attributes:
        within: Trace of the within-label covariance to believe in.
        near: (n, n) True for an example itself and its near duplicates of the same label.
        effective: (c,) examples of each label, near duplicates counted once together; at least 1.
    """

    within: float
    near: Mask
    effective: Floats


def total_variance(means: Array, mean_example: Array, pictures: Array | None) -> float:
    """Half the mean squared distance between things with different labels.

    Args:
        means: (c, d) float32 means of the labels.
        mean_example: (d,) float32 mean of all examples, each of unit norm.
        pictures: (p, d) float32 unit-norm embeddings of pictures of nothing; they stand for other labels
            and weigh as much as two.
    """
    c, centre = len(means), means.mean(axis=0)
    inside = (1.0 - 2.0 * float(centre @ mean_example) + float(centre @ centre)) * c / max(c - 1, 1)
    if pictures is None or not len(pictures):
        return inside if c > 1 else UNSEEN_TOTAL
    outside = 1.0 - float((means @ pictures.mean(axis=0)).mean())
    return float(((c - 1) * inside + 2.0 * outside) / (c + 1))


def measure(rows: Array, own: Ints, counts: Floats, residual: float, total: float) -> Spread:
    """The spread of a memory.

    Args:
        rows: (n, d) float32 unit-norm examples, all of them or a sample.
        own: (n,) index of each one's label.
        counts: (c,) examples of each label in the whole memory.
        residual: Sum of the squared distances of all examples to the mean of their label.
        total: See `total_variance`.
    """
    prior = WITHIN_SHARE * total
    freedom = float((counts - 1).sum())
    raw = residual / freedom if freedom > 0 else prior
    squares = np.maximum(2.0 - 2.0 * (rows @ rows.T), 0.0)
    same = own[:, None] == own[None]
    near = _near(squares, same, own, 2.0 * max(raw, 0.5 * prior))
    effective = np.bincount(own, 1.0 / near.sum(axis=1), len(counts))
    sampled = np.maximum(np.bincount(own, minlength=len(counts)), 1)
    effective = np.maximum(effective * counts / sampled, 1.0)
    known = float((effective - 1.0).sum())
    within = (raw * known + prior * PRIOR_FREEDOM) / (known + PRIOR_FREEDOM)
    return Spread(within, near, effective)


def _near(squares: Array, same: Mask, own: Ints, usual: float) -> Mask:
    """Near duplicates, against the label's usual squared distance, within half to all of the common one."""
    others = same & ~np.eye(len(own), dtype=bool)
    values = np.ma.array(squares, mask=~others)
    medians = np.ma.median(values, axis=1).filled(usual) if others.any() else np.full(len(own), usual)
    labels = np.bincount(own, medians) / np.maximum(np.bincount(own), 1)
    near = same & (squares < NEAR_SHARE * np.clip(labels, 0.5 * usual, usual)[own][:, None])
    np.fill_diagonal(near, True)
    return np.asarray(near)
