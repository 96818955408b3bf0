# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Familiarity: what tells a known object from an unknown one, learned from left-out examples (formula 12)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from vfrt_ros.core.scoring import constants

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KnownAndUnknown:
    """`features` of the best label of n known and m unknown objects.

    Attributes:
        known, known_weights: (n, 5) and (n,) float64.
        unknown, unknown_weights: (m, 5) and (m,) float64.
    """

    known: Floats
    known_weights: Floats
    unknown: Floats
    unknown_weights: Floats


@dataclass(frozen=True, slots=True)
class _Prior:
    """The Gaussian prior of the (5,) coefficients of familiarity, each independent."""

    mean: Floats
    deviation: Floats


def features(distances: Floats, text_evidence: Floats, centre: Floats) -> Floats:
    """The parts of familiarity (formula 12), for every label.

    Args:
        distances: (n, c) float64.
        text_evidence: (n, c) float64 logits by which the prompts beat the prompt threshold; meaningless ones do
            not count here either.
        centre: (n,) float64 distances to the centre of the labels.

    Returns:
        (n, c, 5) float64: nearness, the margin over the nearest other label, how far from the centre, text evidence, 1.
    """
    margin = nearest_other(distances) - distances
    away = np.broadcast_to(centre[:, None], distances.shape)
    return np.stack([-distances, margin, away, text_evidence, np.ones_like(distances)], axis=-1)


def nearest_other(distances: Floats) -> Floats:
    """The distance to the nearest other label.

    Args:
        distances: (…, c) float64.

    Returns:
        (…, c) the smallest entry of the row apart from the label's own; its own where there is no other.

    >>> nearest_other(np.array([1.0, 3.0, 2.0])).tolist()
    [2.0, 1.0, 1.0]
    """
    if distances.shape[-1] < 2:
        return distances
    two = np.partition(distances, 1, axis=-1)[..., :2]
    return np.where(distances <= two[..., :1], two[..., 1:], two[..., :1])


def learn_coefficients(
    told_apart: KnownAndUnknown, close: Floats, *, independent: float, labels: int, own_prompts: float
) -> Floats:
    """The most probable coefficients of `features`, in the scale in which their sum is a log-odds.

    Args:
        told_apart: What is to be told apart.
        close: (n, 5) `features` of the known objects left out without their companions.
        independent: Examples in memory, near duplicates counted once.
        labels: That they are of.
        own_prompts: Share of the labels whose prompt is theirs alone, in (0, 1].

    Returns:
        (5,) float64.
    """
    freedom = max(independent - labels, 0.0)
    prior = _prior(told_apart, freedom / (freedom + labels), own_prompts)
    found = minimize(
        _confused_with_unknown,
        prior.mean,
        args=(prior, told_apart),
        jac=True,
        bounds=[(0, None)] * 4 + [(None, None)],
        method="L-BFGS-B",
    ).x
    return np.asarray(_discriminated(found, told_apart, close, freedom) if labels > 1 else found)


def _discriminated(found: Floats, told_apart: KnownAndUnknown, close: Floats, freedom: float) -> Floats:
    """The coefficients with what a linear discriminant says of the centre and of the slope (formula 13).

    The prior holds on to both where known and unknown objects are told apart well, for a logistic model then gains
    little by being steeper. A linear discriminant (Fisher 1936), the inverse of the variance times the difference of
    the means, takes every object: over familiarity without the centre, and the centre, it says how much the centre
    counts; along the direction found so, its slope is 1 where familiarity is a log-odds. Each is drawn to what the
    prior found. Known objects are mixed as for the limit, here and where familiarity is 0.

    Args:
        found: (5,) the most probable coefficients.
        told_apart: What is to be told apart.
        close: (n, 5) `features` of the known objects left out without their companions.
        freedom: Independent examples beyond the first of each label.

    Returns:
        (5,) float64.
    """
    others = found * (1.0, 1.0, 0.0, 1.0, 1.0)
    known, unknown, variance = _moments(told_apart, close, np.stack([others, _CENTRE], axis=1))
    gap = known - unknown
    rest, centre = np.linalg.solve(variance, gap)
    measured = float(np.clip(centre / rest, 0.0, found[0])) if rest > 0.0 else 0.0
    weight = _drawn(measured, found[2], freedom)
    direction = np.array([1.0, weight])
    slope = float(direction @ gap / (direction @ variance @ direction))
    slope = max(_drawn(slope, 1.0, freedom), 0.0)
    coefficients = slope * (others + weight * _CENTRE)
    fair = _average(told_apart.known, told_apart.known_weights)
    mixed = constants.FAIR_SHARE * fair + (1.0 - constants.FAIR_SHARE) * close.mean(axis=0)
    moved = slope * 0.5 * (weight - found[2]) * (known[1] + unknown[1])
    coefficients[4] -= moved + 0.5 * float((mixed - fair) @ coefficients)
    return coefficients


_CENTRE = np.array([0.0, 0.0, 1.0, 0.0, 0.0])


def _drawn(measured: float, expected: float, freedom: float) -> float:
    examples = constants.SLOPE_EXAMPLES
    return float((measured * freedom + expected * examples) / (freedom + examples))


def _moments(told_apart: KnownAndUnknown, close: Floats, parts: Floats) -> tuple[Floats, Floats, Floats]:
    """(p,) means of known and of unknown objects, and their (p, p) mean variance: of (5, p) sums of features."""
    fair = constants.FAIR_SHARE
    first = _moments_of(told_apart.known @ parts, told_apart.known_weights)
    second = _moments_of(close @ parts, np.ones(len(close)))
    unknown = _moments_of(told_apart.unknown @ parts, told_apart.unknown_weights)
    variance = 0.5 * (fair * first[1] + (1.0 - fair) * second[1] + unknown[1])
    return fair * first[0] + (1.0 - fair) * second[0], unknown[0], variance + 1e-9 * np.eye(len(variance))


def _moments_of(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    mean = _average(values, weights)
    apart = values - mean
    return mean, np.asarray((apart * weights[:, None]).T @ apart / weights.sum())


def _average(values: Floats, weights: Floats) -> Floats:
    return np.asarray(weights @ values / weights.sum())


def _prior(told_apart: KnownAndUnknown, beyond_first: float, own_prompts: float) -> _Prior:
    """The prior whose odds are even between known and unknown objects: at the geometric mean of their distances.

    How far from the centre a thing lies says more the better the labels' means are known: nothing with one example
    of each. A prompt that several labels share is that of a kind, and fits a stranger of that kind as well; what is
    seen and its rival both need a prompt of their own, hence the square.

    Args:
        told_apart: Known and unknown objects.
        beyond_first: Share of the examples that are not the first of their label, in [0, 1).
        own_prompts: Share of the labels whose prompt is theirs alone, in (0, 1].
    """
    mean, deviation = constants.FAMILIARITY_MEAN.copy(), constants.FAMILIARITY_DEVIATION.copy()
    near, far = -told_apart.known[:, 0].mean(), -told_apart.unknown[:, 0].mean()
    mean[2] *= beyond_first
    mean[3] *= own_prompts**2
    deviation[3] *= own_prompts**2
    mean[4] = max(mean[4], mean[0] * float(np.sqrt(max(near * far, 0.0))))
    mean[4] -= mean[2] * 0.5 * float(told_apart.known[:, 2].mean() + told_apart.unknown[:, 2].mean())
    scale = margin_scale(np.concatenate([told_apart.known[:, 1], told_apart.unknown[:, 1]]))
    mean[1], deviation[1] = scale * mean[1], scale * deviation[1]
    return _Prior(mean, deviation)


def margin_scale(margins: Floats) -> float:
    """How much more than usual a unit of margin may be worth, given the (n,) margins that there are.

    A prior for inputs brought to one scale, as Gelman et al., "A weakly informative default prior distribution
    for logistic and other regression models" (2008), have it: it does not matter how close the labels lie.

    Args:
        margins: (n,) float64, of known and unknown objects, n ≥ 1.

    Returns:
        Above 0; 1 where every margin is 0.

    >>> margin_scale(np.array([0.4, -0.4])), margin_scale(np.array([0.1, 0.1])), margin_scale(np.zeros(2))
    (1.0, 4.0, 1.0)
    """
    usual = float(np.sqrt((margins**2).mean()))
    return constants.USUAL_MARGIN / usual if usual > 0.0 else 1.0


def _confused_with_unknown(
    coefficients: Floats, prior: _Prior, told_apart: KnownAndUnknown
) -> tuple[float, Floats]:
    """The loss of the familiarity model and its (5,) gradient."""
    known, unknown = told_apart.known, told_apart.unknown
    yes, no = known @ coefficients, unknown @ coefficients
    distance = (coefficients - prior.mean) / prior.deviation
    loss = (told_apart.known_weights * np.logaddexp(0, -yes)).sum()
    loss += (told_apart.unknown_weights * np.logaddexp(0, no)).sum()
    slope = (told_apart.unknown_weights * expit(no)) @ unknown - (
        told_apart.known_weights * expit(-yes)
    ) @ known
    return (
        float(constants.FAMILIARITY_TRUST * loss + 0.5 * (distance**2).sum()),
        constants.FAMILIARITY_TRUST * slope + distance / prior.deviation,
    )
