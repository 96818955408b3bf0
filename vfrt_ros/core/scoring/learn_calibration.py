# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Learn the weights of distances and prompts from the left-out examples of the memory itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.calibration import Calibration
from vfrt_ros.core.scoring.familiarity import KnownAndUnknown, features, learn_coefficients
from vfrt_ros.core.scoring.odds import log_sum_exp
from vfrt_ros.core.scoring.prompt_weight import prior_median, prompt_means

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Left-out examples, made ready to learn from; n rows, c labels.

    Attributes:
        distances: (n, c) float64, see `ImageModel.distances`.
        prompts: (n, c) float64 z-scores of the prompts, NaN where a label has none.
        prompt_thresholds: (n,) float64 z-scores that the prompts have to beat, see `TextEvidence`.
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


def learn_calibration(learn: LeftOutRows, stranger: Floats, independent: float) -> Calibration:
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
        own_prompts=max(1.0 - float(fair.shared.mean()), 1.0 / labels),
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
