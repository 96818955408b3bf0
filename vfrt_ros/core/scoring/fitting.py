# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""From the statistics of a memory and a sample of its examples to the model that judges frames."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring import metric as metrics
from vfrt_ros.core.scoring.calibration import Calibration
from vfrt_ros.core.scoring.image_model import ImageModel
from vfrt_ros.core.scoring.learn_calibration import LeftOutRows, Rows, learn_calibration
from vfrt_ros.core.scoring.leave_one_out import LeftOut, leave_one_out
from vfrt_ros.core.scoring.spread import Ints, Mask, Spread, spread_of, total_variance
from vfrt_ros.core.scoring.statistics import Statistics
from vfrt_ros.core.types.evidence import Array

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a fit reads; nothing of it changes any more.

    Attributes:
        labels: (c) that have positive examples.
        means: (c, d) float64.
        counts: (c,) float64.
        scatter: (d, d) float64 symmetric Σ x xᵀ, or None where `rows` are all examples.
        rows: (n, d) float32, all examples or a sample of them.
        own: (n,) int64 index of each row's label.
        visits: (n,) int64, equal for rows of a label that may be frames of one visit.
        prompts: (n, c) float64 z-scores of the prompts (`beside_pictures`), NaN where a label has none.
        prompt_thresholds: (n,) float64 z-scores that the prompts have to beat; 0 where there is no prompt at all.
        shared: (c,) bool, True for a label whose prompt is another label's too.
        pictures: (p, d) float32 embeddings of pictures of nothing, or None.
    """

    labels: tuple[str, ...]
    means: Floats
    counts: Floats
    scatter: Floats | None
    rows: Array
    own: Ints
    visits: Ints
    prompts: Floats
    prompt_thresholds: Floats
    shared: Mask
    pictures: Array | None


@dataclass(frozen=True, slots=True)
class Model:
    """The labels' means under a metric, and what distances to them are worth.

    Attributes:
        within: Variance within labels, as a plain squared distance.
    """

    image: ImageModel
    calibration: Calibration
    within: float

    def moved(self, statistics: Statistics, changed: set[str]) -> Model:
        """The model with the means of the changed labels, and all that is learned as before.

        Args:
            statistics: Of the memory as it is now.
            changed: Labels whose examples have changed.
        """
        return replace(self, image=self.image.moved(statistics, changed))


def fit(snapshot: Snapshot) -> Model:
    """The model of a memory with at least one positive example.

    Args:
        snapshot: Of a memory with at least one positive example.
    """
    means = snapshot.means.astype(np.float32)
    freedom = float((snapshot.counts - 1).sum())
    residual = _residual(snapshot)
    total = total_variance(means, _mean(snapshot), snapshot.pictures)
    spread = spread_of(
        snapshot.rows,
        snapshot.own,
        snapshot.visits,
        counts=snapshot.counts,
        residual=residual,
        total=total,
    )
    metric = _metric(snapshot, freedom, residual, spread.within)

    def left_out(near: Mask) -> LeftOut:
        return leave_one_out(
            snapshot.rows,
            snapshot.own,
            near,
            means=means,
            counts=snapshot.counts,
            metric=metric,
            scale=max(freedom, 1.0) * spread.within / means.shape[1],
        )

    sharp = left_out(spread.near)
    one, several = (
        _with_companions(spread.near, snapshot, share) for share in (0.0, constants.COMPANION_SHARE)
    )
    fair = left_out(one)
    far = fair if (one == several).all() else left_out(several)
    unit = _unit(sharp, snapshot, spread)
    image = ImageModel.build(snapshot.labels, means, spread.effective, metric, unit)
    inflation = 1.0 + 1.0 / spread.effective.mean()
    stranger = constants.UNKNOWN_DISTANCE * (2.0 * (total - spread.within) / inflation + spread.within) / unit
    learn = LeftOutRows(*(_rows(left, snapshot, spread, unit) for left in (sharp, fair, far)))
    independent = float(spread.effective.sum())
    calibration = learn_calibration(learn, np.maximum(stranger, constants.OWN_DISTANCE), independent)
    return Model(image, calibration, spread.within)


def _residual(snapshot: Snapshot) -> float:
    """Sum of the squared distances of all examples to the mean of their label."""
    if snapshot.scatter is None:
        return float(((snapshot.rows - snapshot.means[snapshot.own]) ** 2).sum())
    return float(np.trace(snapshot.scatter) - (snapshot.counts[:, None] * snapshot.means**2).sum())


def _mean(snapshot: Snapshot) -> Array:
    weights = snapshot.counts / snapshot.counts.sum()
    return np.asarray(weights @ snapshot.means, np.float32)


def _metric(snapshot: Snapshot, freedom: float, residual: float, within: float) -> metrics.Metric:
    d = snapshot.means.shape[1]
    if freedom < 1 or residual < 1e-9:
        return metrics.plain(d)
    if snapshot.scatter is None:
        centred = (snapshot.rows - snapshot.means[snapshot.own]).astype(np.float32)
        return metrics.from_residuals(centred, freedom, within)
    weighted = snapshot.means * np.sqrt(snapshot.counts)[:, None]
    return metrics.from_scatter(snapshot.scatter - weighted.T @ weighted, freedom, within)


def _with_companions(near: Mask, snapshot: Snapshot, share: float) -> Mask:
    """Near duplicates and the nearest other examples of the label.

    As many as the given share of those that are here of the label, at least one, as long as one is left beside them.
    """
    cosines = snapshot.rows @ snapshot.rows.T
    others = (snapshot.own[:, None] == snapshot.own[None]) & ~np.eye(len(near), dtype=bool)
    there = np.bincount(snapshot.own, minlength=len(snapshot.labels))
    can_be = np.maximum(snapshot.counts - 2, 0)
    left_out = np.minimum(np.maximum(np.rint(share * there), 1), can_be)[snapshot.own]
    order = np.argsort(-np.where(others, cosines, -2.0), axis=1, kind="stable")[:, : int(left_out.max())]
    wider = near.copy()
    for rank, nearest in enumerate(order.T):
        rows = np.flatnonzero(left_out > rank)
        wider[rows, nearest[rows]] |= others[rows, nearest[rows]]
    return wider


def _left_inflation(left: LeftOut, snapshot: Snapshot, spread: Spread) -> Floats:
    """1 + 1/n with n the effective examples that were left of the own label."""
    share = left.rest / snapshot.counts[left.own]
    return np.asarray(1.0 + 1.0 / np.maximum(share * spread.effective[left.own], 1.0))


def _unit(left: LeftOut, snapshot: Snapshot, spread: Spread) -> float:
    """Formula 6: the mean left-out squared distance to the own label, drawn to the prior while there is little."""
    kept = left.rest > 0
    if not kept.any():
        return spread.within
    own = left.distances[np.arange(len(left.own)), left.own] / _left_inflation(left, snapshot, spread)
    freedom = float((spread.effective - 1.0).sum())
    return float(
        (own[kept].mean() * freedom + constants.PRIOR_EXAMPLES * spread.within)
        / (freedom + constants.PRIOR_EXAMPLES)
    )


def _rows(left: LeftOut, snapshot: Snapshot, spread: Spread, unit: float) -> Rows:
    """Left-out examples in the model's unit; where nothing of a label was left, the prior stands in."""
    at, own, c = np.arange(len(left.own)), left.own, len(snapshot.labels)
    distances = left.distances / (unit * (1.0 + 1.0 / spread.effective))
    distances[at, own] = left.distances[at, own] / (unit * _left_inflation(left, snapshot, spread))
    known = left.known_centre / (unit * (1.0 + 1.0 / c))
    unknown = left.unknown_centre / (unit * (1.0 + 1.0 / max(c - 1, 1)))

    kept, alone = np.flatnonzero(left.rest > 0), np.flatnonzero(left.rest <= 0)
    guessed = np.repeat(alone, len(constants.OWN_DISTANCE))
    index = np.concatenate([kept, guessed])
    result = distances[index]
    result[np.arange(len(kept), len(index)), own[guessed]] = np.tile(constants.OWN_DISTANCE, len(alone))
    weights = np.concatenate([np.ones(len(kept)), np.full(len(guessed), 1.0 / len(constants.OWN_DISTANCE))])
    return Rows(
        distances=result,
        prompts=snapshot.prompts[index],
        prompt_thresholds=snapshot.prompt_thresholds[index],
        known_centre=np.concatenate([known[kept], unknown[guessed]]),
        unknown_centre=unknown[index],
        own=own[index],
        weights=weights,
        shared=snapshot.shared,
    )
