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

_ROUNDING = 1e-6
"""Variance of pictures of unit norm that float32 tells from none: labels may have the same pictures to the last bit."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The variance within labels, as the examples have it.

    Attributes:
        within: Trace of the within-label covariance to believe in.
        near: (n, n) True for an example itself and its near duplicates of the same label.
        effective: (c,) independent examples that those of each label are worth; at least 1.
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
        return max(inside, _ROUNDING) if c > 1 else constants.UNSEEN_TOTAL
    outside = 1.0 - float((means @ pictures.mean(axis=0)).mean())
    weight = constants.BACKGROUND_PICTURES_WEIGHT
    return max(float(((c - 1) * inside + weight * outside) / (c - 1 + weight)), _ROUNDING)


def usual_distance(total: float) -> float:
    """The squared distance of two independent examples of one label, before the memory tells.

    Args:
        total: See `total_variance`.
    """
    return 2.0 * constants.WITHIN_SHARE * total


def are_one_visit(rows: Array, usual: float) -> bool:
    """True where examples that may be of one visit are so alike on average that they are.

    Args:
        rows: (n, d) float32 unit-norm examples of one label, two or more.
        usual: See `usual_distance`.
    """
    squares = np.maximum(2.0 - 2.0 * (rows @ rows.T), 0.0)
    return bool(squares.sum() < constants.VISIT_SHARE * usual * len(rows) * (len(rows) - 1))


def spread_of(
    rows: Array, own: Ints, visits: Ints, *, counts: Floats, residual: float, total: float
) -> Spread:
    """The spread of a memory (formulas 3 and 23).

    Args:
        rows: (n, d) float32 unit-norm examples, all of them or a sample.
        own: (n,) index of each one's label.
        visits: (n,) equal for those of a label that may be frames of one visit.
        counts: (c,) examples of each label in the whole memory.
        residual: Sum of the squared distances of all examples to the mean of their label.
        total: See `total_variance`.
    """
    prior = constants.WITHIN_SHARE * total
    freedom = float((counts - 1).sum())
    plain = residual / freedom if freedom > 0 else prior
    squares = np.maximum(2.0 - 2.0 * (rows @ rows.T), 0.0)
    same = own[:, None] == own[None]
    usual = 2.0 * max(plain, 0.5 * prior)
    shares = squares / usual_distance(total)
    visit = same & (visits[:, None] == visits[None]) & (shares < constants.VISIT_SHARE)
    near = visit | (same & (squares < constants.NEAR_DUPLICATE_SHARE * usual))
    view = same & (squares < constants.SAME_VIEW_SHARE * usual)
    np.fill_diagonal(near, True)
    np.fill_diagonal(view, True)
    alike = np.where(view, 1.0, np.where(visit, np.maximum(1.0 - shares, 0.0), 0.0))
    effective = _effective(1.0 / alike.sum(axis=1), own, counts)
    freedom = float((counts * (1.0 - 1.0 / effective)).sum())
    measured = residual / freedom if freedom > 0 else prior
    known = float((effective - 1.0).sum())
    within = (measured * known + prior * constants.PRIOR_EXAMPLES) / (known + constants.PRIOR_EXAMPLES)
    return Spread(within, near, _drawn_together(effective, counts))


def _effective(shares: Floats, own: Ints, counts: Floats) -> Floats:
    """(c,) independent examples of each label in the whole memory, at least 1.

    Args:
        shares: (n,) how much of an independent example each of the sample is.
        own, counts: As for `spread_of`; a label that is not in the sample is like those that are.
    """
    sampled = np.bincount(own, minlength=len(counts))
    share = np.bincount(own, shares, len(counts)) / np.maximum(sampled, 1)
    return np.asarray(np.maximum(np.where(sampled > 0, share, shares.mean()) * counts, 1.0))


def _drawn_together(effective: Floats, counts: Floats) -> Floats:
    """(c,) effective examples, of which what an example counts for is drawn to that of the whole memory."""
    common = effective.sum() / counts.sum()
    weight = constants.COMMON_EVIDENCE
    return np.asarray(np.maximum(counts * (effective / counts) ** (1.0 - weight) * common**weight, 1.0))
