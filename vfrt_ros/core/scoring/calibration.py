# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The weights of distances and prompts, learned from the left-out examples of the memory itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, stdtrit

from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.prompt_weight import prior_median, prompt_means

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Left-out examples, made ready to learn from; n rows, c labels.

    Attributes:
        distances: (n, c) float64, see `ImageModel.distances`.
        prompts: (n, c) float64 z-scores of the prompts, NaN where a label has none.
        prompt_thresholds: (n,) float64 z-scores that the prompts have to beat, see `TextModel.thresholds`.
        known_centre, unknown_centre: (n,) float64 distances to the centre with and without the own label.
        own: (n,) index of the right label.
        weights: (n,) float64.
    """

    distances: Floats
    prompts: Floats
    prompt_thresholds: Floats
    known_centre: Floats
    unknown_centre: Floats
    own: Ints
    weights: Floats


@dataclass(frozen=True, slots=True)
class Calibration:
    """How evidence becomes probability.

    Attributes:
        sharpness: Logit per unit of squared distance.
        text_weight: Logit per standard deviation of the prompt.
        coefficients: (5,) float64, of `features`.
        neutral_prompt: z-score that speaks neither for a label nor against it; stands in where there is no prompt.
        usual_prompt: Mean logit by which the right label's prompt beats the prompt threshold.
        familiarities: (n,) float64, rising: those of the left-out examples.
        shares: (n,) float64 in (0, 1], rising: the share of them that is at or below.
        limit: Familiarity and its standard deviation, and the independent examples behind them, for shares too
            small to be counted out.
    """

    sharpness: float
    text_weight: float
    coefficients: Floats
    neutral_prompt: float
    usual_prompt: float
    familiarities: Floats
    shares: Floats
    limit: tuple[float, float, float]

    def logits(self, distances: Floats, prompts: Floats, image: float = 1.0, text: float = 1.0) -> Floats:
        """(…, c) logits of the labels (formula 9); `image` and `text` in [0, 1] turn either kind of evidence down.

        Args:
            distances: (…, c) float64, see `ImageModel.compare`.
            prompts: (…, c) float64 z-scores as `beside_pictures` gives them.
            image, text: In [0, 1].

        Returns:
            (…, c) float64.
        """
        return -image * self.sharpness * distances + text * self.text_weight * prompts

    def familiarity(self, distances: Floats, text_evidence: Floats, centre: npt.ArrayLike) -> Floats:
        """Familiarity of each label in a frame (formula 11): `features` times their coefficients.

        Args:
            distances: (…, c) float64, see `ImageModel.compare`.
            text_evidence: (…, c) float64 logits by which the prompts beat the prompt threshold.
            centre: (…) distances to the centre of the labels.

        Returns:
            (…, c) float64 log-odds.
        """
        near, ahead, away, text, always = self.coefficients
        margin = _others(distances) - distances
        far = (away * np.asarray(centre) + always)[..., None]
        return np.asarray(ahead * margin - near * distances + text * text_evidence + far)

    def threshold(self, share: float) -> float:
        """The limit: the familiarity that all but `share` of the frames of known objects reach (formula 12).

        Split conformal on the left-out examples (Vovk et al. 2005); where there are fewer than ``1/share`` of
        them, the prediction interval of Student's t goes on, but not to where an unknown is far more likely.

        Args:
            share: In [0, 1], the share of frames of known objects that may be called unknown.

        Returns:
            Log-odds.
        """
        counted = float(np.interp(share, self.shares, self.familiarities))
        mean, spread, count = self.limit
        if share * (count + 1.0) >= 1.0:
            return counted
        quantile = float(stdtrit(count - 1.0, max(share, 1e-6)))
        interval = mean + spread * quantile * float(np.sqrt(1.0 + 1.0 / count))
        return max(min(counted, min(interval, 0.0)), constants.UNLIKELY)


def features(distances: Floats, text_evidence: Floats, centre: Floats) -> Floats:
    """The parts of familiarity (formula 11), for every label.

    Args:
        distances: (n, c) float64.
        text_evidence: (n, c) float64 logits by which the prompts beat the prompt threshold; meaningless ones do
            not count here either.
        centre: (n,) float64 distances to the centre of the labels.

    Returns:
        (n, c, 5) float64: nearness, the margin over the nearest other label, how far from the centre, text evidence, 1.
    """
    margin = _others(distances) - distances
    away = np.broadcast_to(centre[:, None], distances.shape)
    return np.stack([-distances, margin, away, text_evidence, np.ones_like(distances)], axis=-1)


def log_sum_exp(values: Floats) -> Floats:
    """``log Σ exp`` over the last axis of finite values: a tenth of the time of SciPy's on one row.

    Args:
        values: (…, c) float64, finite, c ≥ 1.

    Returns:
        (…) float64.

    >>> round(float(log_sum_exp(np.log(np.array([1.0, 3.0])))), 6)
    1.386294
    """
    most = values.max(axis=-1)
    return np.asarray(most + np.log(np.exp(values - most[..., None]).sum(axis=-1)))


def _others(distances: Floats) -> Floats:
    """(…, c) the smallest entry of the row apart from the label's own; its own where there is no other."""
    if distances.shape[-1] < 2:
        return distances
    two = np.partition(distances, 1, axis=-1)[..., :2]
    return np.where(distances <= two[..., :1], two[..., 1:], two[..., :1])


def calibrate(sharp: Rows, fair: Rows, stranger: Floats, independent: float) -> Calibration:
    """Learn from the memory.

    The weights of distance and prompt are the most probable ones of a multinomial logistic model of the
    left-out examples. Familiarity is a logistic model that tells them from the same examples after their
    label was taken away, each kind counting the same: an unknown is as likely as a known object.

    Args:
        sharp: Each example left out with its near duplicates; for the logits.
        fair: With its nearest companion too, since examples taken together lie closer to each other
            than to what is seen later; for familiarity and thresholds.
        stranger: (m,) distances of unknown objects, used where there is only one label.
        independent: Examples in memory, near duplicates counted once.
    """
    means = prompt_means(fair.prompts, fair.own)
    neutral = 0.5 * (means.right + means.others)
    sharp, fair = (replace(rows, prompts=_filled(rows.prompts, neutral)) for rows in (sharp, fair))
    sharpness, text = _logit_weights(sharp, prior_median(means, independent, fair.distances.shape[1]))
    told_apart = _known_and_unknown(fair, sharpness, text, stranger)
    coefficients = _coefficients(told_apart)
    close = _known_and_unknown(sharp, sharpness, text, stranger).known
    familiarities = np.concatenate([told_apart.known @ coefficients, close @ coefficients])
    weights = np.concatenate(
        [constants.FAIR_SHARE * fair.weights, (1.0 - constants.FAIR_SHARE) * sharp.weights]
    )
    order = np.argsort(familiarities)
    beaten = fair.prompts[np.arange(len(fair.own)), fair.own] - fair.prompt_thresholds
    mean = float(np.average(familiarities, weights=weights))
    spread = float(np.sqrt(np.average((familiarities - mean) ** 2, weights=weights)))
    return Calibration(
        sharpness=sharpness,
        text_weight=text,
        coefficients=coefficients,
        neutral_prompt=neutral,
        usual_prompt=float(text * np.average(beaten, weights=fair.weights)),
        familiarities=familiarities[order],
        shares=np.cumsum(weights[order]) / (weights.sum() + 1.0),
        limit=(mean, spread, independent + constants.PRIOR_EXAMPLES),
    )


@dataclass(frozen=True, slots=True)
class _KnownAndUnknown:
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


def _logit_weights(rows: Rows, text_median: float) -> tuple[float, float]:
    """Sharpness and text weight: the most probable ones."""
    medians = np.array([constants.SHARPNESS, text_median])
    bounds = [(-5, 5)] * 2
    scale = minimize(_confusion, np.zeros(2), args=(rows, medians), bounds=bounds, method="L-BFGS-B").x
    sharpness, text = medians * np.exp(scale)
    return float(sharpness), float(text)


def _coefficients(told_apart: _KnownAndUnknown) -> Floats:
    """(5,) most probable coefficients of familiarity."""
    prior = _prior(told_apart)
    return np.asarray(
        minimize(
            _confused_with_unknown,
            prior.mean,
            args=(prior, told_apart),
            jac=True,
            bounds=[(0, None)] * 4 + [(None, None)],
            method="L-BFGS-B",
        ).x
    )


def _filled(prompts: Floats, neutral: float) -> Floats:
    return np.where(np.isnan(prompts), neutral, prompts)


def _confusion(scale: Floats, rows: Rows, medians: Floats) -> float:
    """The loss of the right labels, and of weights that are far from their prior."""
    sharpness, text = medians * np.exp(scale)
    logits = -sharpness * rows.distances + text * rows.prompts
    loss = rows.weights @ (log_sum_exp(logits) - logits[np.arange(len(rows.own)), rows.own])
    return float(
        loss + 0.5 * ((scale / (constants.SHARPNESS_DEVIATION, constants.TEXT_DEVIATION)) ** 2).sum()
    )


def _known_and_unknown(rows: Rows, sharpness: float, text: float, stranger: Floats) -> _KnownAndUnknown:
    """Left-out examples, and the same after their label was taken away; with one label, objects at `stranger`."""
    at = np.arange(len(rows.own))
    logits = -sharpness * rows.distances + text * rows.prompts
    beaten = text * (rows.prompts - rows.prompt_thresholds[:, None])
    known = features(rows.distances, beaten, rows.known_centre)[at, logits.argmax(axis=1)]
    if rows.distances.shape[1] < 2:
        mean = known.mean(axis=0)
        unknown = np.tile(mean, (len(stranger), 1))
        unknown[:, 0], unknown[:, 1], unknown[:, 3] = -stranger, 0.0, 0.0
        each = np.full(len(stranger), rows.weights.sum() / len(stranger))
        return _KnownAndUnknown(known, rows.weights, unknown, each)
    logits[at, rows.own] = -np.inf
    without = rows.distances.copy()
    without[at, rows.own] = np.inf
    if rows.distances.shape[1] == 2:
        without[at, rows.own] = without.min(axis=1)
    unknown = features(without, beaten, rows.unknown_centre)[at, logits.argmax(axis=1)]
    return _KnownAndUnknown(known, rows.weights, unknown, rows.weights)


def _prior(told_apart: _KnownAndUnknown) -> _Prior:
    """The prior whose odds are even at the geometric mean of known and unknown distances."""
    mean, deviation = constants.FAMILIARITY_MEAN.copy(), constants.FAMILIARITY_DEVIATION.copy()
    near, far = -told_apart.known[:, 0].mean(), -told_apart.unknown[:, 0].mean()
    mean[4] = max(mean[4], mean[0] * float(np.sqrt(max(near * far, 0.0))))
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
        In `constants.MARGIN_SCALES`; 1 where every margin is 0.

    >>> margin_scale(np.array([0.4, -0.4])), margin_scale(np.array([0.1, 0.1])), margin_scale(np.zeros(2))
    (1.0, 4.0, 1.0)
    """
    usual = float(np.sqrt((margins**2).mean()))
    return float(np.clip(constants.USUAL_MARGIN / usual, *constants.MARGIN_SCALES)) if usual > 0.0 else 1.0


def _confused_with_unknown(
    coefficients: Floats, prior: _Prior, told_apart: _KnownAndUnknown
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
