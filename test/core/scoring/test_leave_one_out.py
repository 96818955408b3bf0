# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The closed form against a model that was made without the example."""

from __future__ import annotations

import numpy as np
import pytest
from core.scoring.memories import World

from vfrt_ros.core.scoring.leave_one_out import leave_one_out
from vfrt_ros.core.scoring.metric import from_residuals, from_scatter, plain

LABELS, SHOTS, VARIANCE = 4, 5, 0.4


@pytest.fixture
def memory() -> tuple[np.ndarray, np.ndarray]:
    world = World.of(LABELS, dim=32)
    return np.concatenate([world.look(i, SHOTS) for i in range(LABELS)]), np.repeat(np.arange(LABELS), SHOTS)


def means_of(rows: np.ndarray, own: np.ndarray) -> np.ndarray:
    return np.stack([rows[own == c].mean(axis=0) for c in range(LABELS)])


def refitted(
    rows: np.ndarray, own: np.ndarray, out: np.ndarray, freedom: float
) -> tuple[np.ndarray, np.ndarray]:
    """Means and inverse covariance, up to the floor, without the rows `out`."""
    kept = ~out
    means = means_of(rows[kept], own[kept])
    centred = (rows[kept] - means[own[kept]]).astype(np.float64)
    d = rows.shape[1]
    floor = VARIANCE / d
    return means, floor * np.linalg.inv(centred.T @ centred / freedom + floor * np.eye(d))


@pytest.mark.parametrize("group", [pytest.param(1, id="alone"), pytest.param(2, id="with a near duplicate")])
def test_distances_are_those_of_a_refit(memory: tuple[np.ndarray, np.ndarray], group: int) -> None:
    rows, own = memory
    freedom = float(len(rows) - LABELS)
    means = means_of(rows, own).astype(np.float32)
    near = np.eye(len(rows), dtype=bool)
    if group == 2:
        for i in range(0, len(rows), SHOTS):
            near[i, i + 1] = near[i + 1, i] = True
    metric = from_residuals(rows - means[own], freedom, VARIANCE)
    left = leave_one_out(
        rows,
        own,
        near,
        means=means,
        counts=np.full(LABELS, float(SHOTS)),
        metric=metric,
        scale=freedom * VARIANCE / rows.shape[1],
    )
    for i, row in enumerate(rows.astype(np.float64)):
        kept, inverse = refitted(rows, own, near[i], freedom)
        wanted = [(row - mean) @ inverse @ (row - mean) for mean in kept]
        assert left.distances[i] == pytest.approx(wanted, rel=2e-3)
        centre = row - kept.mean(axis=0)
        assert left.known_centre[i] == pytest.approx(centre @ inverse @ centre, rel=2e-3)
        stranger = row - np.delete(kept, own[i], axis=0).mean(axis=0)
        assert left.unknown_centre[i] == pytest.approx(stranger @ inverse @ stranger, rel=2e-3)
    assert (left.rest == SHOTS - near.sum(axis=1)).all()


def test_a_long_visit_is_left_out_as_a_whole(memory: tuple[np.ndarray, np.ndarray]) -> None:
    """Its frames lie close together, so that their mean stands for all of them."""
    random = np.random.default_rng(1)
    places, of = memory
    rows = np.repeat(places, 12, axis=0) + 0.02 * random.normal(size=(len(places) * 12, places.shape[1]))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    own, visits = np.repeat(of, 12), np.repeat(np.arange(len(of)), 12)
    freedom = float(len(rows) - LABELS)
    means = means_of(rows, own).astype(np.float32)
    near = visits[:, None] == visits[None]
    left = leave_one_out(
        rows,
        own,
        near,
        means=means,
        counts=np.full(LABELS, 12.0 * SHOTS),
        metric=from_residuals(rows - means[own], freedom, VARIANCE),
        scale=freedom * VARIANCE / rows.shape[1],
    )
    for i in range(0, len(rows), 12):
        kept, inverse = refitted(rows, own, near[i], freedom)
        wanted = [(rows[i] - mean) @ inverse @ (rows[i] - mean) for mean in kept]
        assert left.distances[i] == pytest.approx(wanted, rel=0.1)


def test_a_label_of_which_nothing_is_left_says_so(memory: tuple[np.ndarray, np.ndarray]) -> None:
    rows, own = memory
    counts = np.full(LABELS, float(SHOTS))
    everything = own[:, None] == own[None]
    means = means_of(rows, own).astype(np.float32)
    left = leave_one_out(
        rows,
        own,
        everything,
        means=means,
        counts=counts,
        metric=plain(rows.shape[1]),
        scale=1.0,
    )
    assert (left.rest == 0).all()
    assert np.isnan(left.distances[np.arange(len(own)), own]).all()


def test_both_ways_to_the_metric_meet(memory: tuple[np.ndarray, np.ndarray]) -> None:
    rows, own = memory
    centred = (rows - means_of(rows, own)[own]).astype(np.float32)
    few = from_residuals(centred, 16.0, VARIANCE)
    many = from_scatter(centred.T.astype(np.float64) @ centred, 16.0, VARIANCE)
    assert few.inner(rows, rows) == pytest.approx(many.inner(rows, rows), abs=1e-4)
