# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The weights of distances and prompts, learned from the left-out examples of the memory itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import stdtrit

from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.familiarity import (
    KnownAndUnknown,
    features,
    learn_coefficients,
    nearest_other,
)
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
        shared: (c,) bool, True for a label whose prompt is another label's too.
    """

    distances: Floats
    prompts: Floats
    prompt_thresholds: Floats
    known_centre: Floats
    unknown_centre: Floats
    own: Ints
    weights: Floats
    shared: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LeftOutRows:
    """The same examples, left out in three ways.

    Attributes:
        sharp: With their near duplicates; for the logits.
        fair: With their nearest companion too, since examples taken together lie closer to each other than to what
            is seen later; for the limit.
        far: With several companions where there are many examples; for familiarity.
    """

    sharp: Rows
    fair: Rows
    far: Rows


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
        """Familiarity of each label in a frame (formula 12): `features` times their coefficients.

        Args:
            distances: (…, c) float64, see `ImageModel.compare`.
            text_evidence: (…, c) float64 logits by which the prompts beat the prompt threshold.
            centre: (…) distances to the centre of the labels.

        Returns:
            (…, c) float64 log-odds.
        """
        near, ahead, away, text, always = self.coefficients
        margin = nearest_other(distances) - distances
        far = (away * np.asarray(centre) + always)[..., None]
        return np.asarray(ahead * margin - near * distances + text * text_evidence + far)

    def threshold(self, share: float) -> float:
        """The limit: the familiarity that all but `share` of the frames of known objects reach (formula 14).

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


def calibrate(learn: LeftOutRows, stranger: Floats, independent: float) -> Calibration:
    """Learn from the memory.

    The weights of distance and prompt are the most probable ones of a multinomial logistic model of the
    left-out examples. Familiarity is a logistic model that tells them from the same examples after their
    label was taken away, each kind counting the same: an unknown is as likely as a known object.

    Args:
        learn: The left-out examples.
        stranger: (m,) distances of unknown objects, used where there is only one label.
        independent: Examples in memory, near duplicates counted once.
    """
    labels = learn.fair.distances.shape[1]
    means = prompt_means(learn.fair.prompts, learn.fair.own)
    neutral = 0.5 * (means.right + means.others)
    sharp, fair, far = (
        replace(rows, prompts=_filled(rows.prompts, neutral)) for rows in (learn.sharp, learn.fair, learn.far)
    )
    sharpness, text = _logit_weights(sharp, prior_median(means, independent, labels))
    beaten = fair.prompts[np.arange(len(fair.own)), fair.own] - fair.prompt_thresholds
    usual_prompt = float(text * np.average(beaten, weights=fair.weights))
    close, middle, told_apart = (
        _known_and_unknown(rows, sharpness, text, usual_prompt, stranger) for rows in (sharp, fair, far)
    )
    coefficients = learn_coefficients(
        told_apart,
        close.known,
        independent=independent,
        labels=labels,
        own_prompts=1.0 - float(fair.shared.mean()),
    )
    fair_share, far_share = constants.FAIR_SHARE, constants.FAIR_SHARE * constants.FAR_SHARE
    parts = ((close, 1.0 - fair_share), (middle, fair_share - far_share), (told_apart, far_share))
    familiarities = np.concatenate([part.known @ coefficients for part, _ in parts])
    weights = np.concatenate([share * part.known_weights for part, share in parts])
    order = np.argsort(familiarities)
    mean = float(np.average(familiarities, weights=weights))
    spread = float(np.sqrt(np.average((familiarities - mean) ** 2, weights=weights)))
    return Calibration(
        sharpness=sharpness,
        text_weight=text,
        coefficients=coefficients,
        neutral_prompt=neutral,
        usual_prompt=usual_prompt,
        familiarities=familiarities[order],
        shares=np.cumsum(weights[order]) / (weights.sum() + 1.0),
        limit=(mean, spread, independent + constants.PRIOR_EXAMPLES),
    )


def _logit_weights(rows: Rows, text_median: float) -> tuple[float, float]:
    """Sharpness and text weight: the most probable ones."""
    medians = np.array([constants.SHARPNESS, text_median])
    bounds = [(-5, 5)] * 2
    scale = minimize(_confusion, np.zeros(2), args=(rows, medians), bounds=bounds, method="L-BFGS-B").x
    sharpness, text = medians * np.exp(scale)
    return float(sharpness), float(text)


def _filled(prompts: Floats, neutral: float) -> Floats:
    return np.where(np.isnan(prompts), neutral, prompts)


def _confusion(scale: Floats, rows: Rows, medians: Floats) -> float:
    """The loss of the right labels (formula 10), and of weights that are far from their prior."""
    sharpness, text = medians * np.exp(scale)
    logits = -sharpness * rows.distances + text * rows.prompts
    right = logits[np.arange(len(rows.own)), rows.own] - log_sum_exp(logits)
    wrong = constants.WRONG_EXAMPLES
    if wrong > 0.0:
        right = np.logaddexp(np.log1p(-wrong) + right, np.log(wrong / logits.shape[1]))
    return float(
        0.5 * ((scale / (constants.SHARPNESS_DEVIATION, constants.TEXT_DEVIATION)) ** 2).sum()
        - rows.weights @ right
    )


def _known_and_unknown(
    rows: Rows, sharpness: float, text: float, usual_prompt: float, stranger: Floats
) -> KnownAndUnknown:
    """Left-out examples, and the same after their label was taken away; with one label, objects at `stranger`."""
    at = np.arange(len(rows.own))
    logits = -sharpness * rows.distances + text * rows.prompts
    beaten = np.where(rows.shared, usual_prompt, text * (rows.prompts - rows.prompt_thresholds[:, None]))
    known = features(rows.distances, beaten, rows.known_centre)[at, logits.argmax(axis=1)]
    if rows.distances.shape[1] < 2:
        mean = known.mean(axis=0)
        unknown = np.tile(mean, (len(stranger), 1))
        unknown[:, 0], unknown[:, 1], unknown[:, 3] = -stranger, 0.0, 0.0
        each = np.full(len(stranger), rows.weights.sum() / len(stranger))
        return KnownAndUnknown(known, rows.weights, unknown, each)
    logits[at, rows.own] = -np.inf
    without = rows.distances.copy()
    without[at, rows.own] = np.inf
    if rows.distances.shape[1] == 2:
        without[at, rows.own] = without.min(axis=1)
    unknown = features(without, beaten, rows.unknown_centre)[at, logits.argmax(axis=1)]
    return KnownAndUnknown(known, rows.weights, unknown, rows.weights)
