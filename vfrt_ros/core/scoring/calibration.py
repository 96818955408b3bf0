"""What distances and prompts are worth, learned from the left-out examples of the memory itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, stdtrit

from vfrt_ros.core.scoring.prompt_weight import prior_median, prompt_means

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHARPNESS, SHARPNESS_SPREAD = 6.0, 1.0
"""Prior of the logit per unit of squared distance: its median, and the standard deviation of its logarithm."""
TEXT_SPREAD = 0.6
"""The same standard deviation for the logit per standard deviation of the prompt, whose median is
`prompt_weight.prior_median`."""
FAMILIARITY = np.array([3.0, 1.0, 0.0, 1.0, 2.0])
FAMILIARITY_SPREAD = np.array([1.0, 1.5, 0.4, 0.5, 3.0])
"""Prior mean and standard deviation of the coefficients of `features`."""
USUAL_LEAD = 0.4
"""The root mean square of leads that the prior of their coefficient is made for: where labels lie closer to each
other, a lead is smaller and means more."""
LEAD_SCALES = (0.2, 8.0)
"""How far that may go."""
FAMILIARITY_TRUST = 0.5
"""An example and its left-out label are two views of one thing: each counts half."""
OWN_DISTANCE = np.array([0.6, 0.85, 1.1, 1.4, 1.9])
"""Squared distances of an object to its label, in units of their mean, where no example can be left out:
five equally likely values."""
FAIR_SHARE = 0.6
"""How much the thresholds rest on examples left out with a companion: examples of a label are usually taken
together and what is seen later is not; a memory of independent examples is the other case."""
PRIOR_EXAMPLES = 8.0
"""Independent examples that the priors here count for."""
UNLIKELY = -1.0
"""Log-odds of a known object below which too few examples let nothing through."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Left-out examples, made ready to learn from; n rows, c labels.

    Attributes:
        distances: (n, c) float64, see `ImageModel.distances`.
        prompts: (n, c) float64 z-scores of the prompts, NaN where a label has none.
        bars: (n,) float64 z-scores that the prompts have to beat, see `TextModel.bars`.
        known_centre, unknown_centre: (n,) float64 distances to the centre with and without the own label.
        own: (n,) index of the right label.
        weights: (n,) float64.
    """

    distances: Floats
    prompts: Floats
    bars: Floats
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
        familiarity: (5,) coefficients of `features`.
        neutral_prompt: z-score that speaks neither for a label nor against it; stands in where there is no prompt.
        usual_prompt: Mean logit by which the right label's prompt beats its bar.
        supports: (n,) float64, rising: familiarity of the left-out examples.
        shares: (n,) float64 in (0, 1], rising: the share of them that is at or below.
        limit: Familiarity and its standard deviation, and the independent examples behind them, for shares too
            small to be counted out.
    """

    sharpness: float
    text_weight: float
    familiarity: Floats
    neutral_prompt: float
    usual_prompt: float
    supports: Floats
    shares: Floats
    limit: tuple[float, float, float]

    def logits(self, distances: Floats, prompts: Floats, image: float = 1.0, text: float = 1.0) -> Floats:
        """(…, c) logits of the labels; `image` and `text` in [0, 1] turn either kind of evidence down."""
        return -image * self.sharpness * distances + text * self.text_weight * prompts

    def support(self, distances: Floats, prompts: Floats, centre: float) -> Floats:
        """(c,) familiarity of each label in one frame: `features` of its (c,) values times their coefficients."""
        near, ahead, away, heard, always = self.familiarity
        lead = _others(distances[None])[0] - distances
        return np.asarray(ahead * lead - near * distances + heard * prompts + (away * centre + always))

    def threshold(self, share: float) -> float:
        """The familiarity that all but `share` of the frames of known objects reach.

        Split conformal on the left-out examples (Vovk et al. 2005); where there are fewer than ``1/share`` of
        them, the prediction interval of Student's t goes on, but not to where an unknown is far more likely.
        """
        counted = float(np.interp(share, self.shares, self.supports))
        mean, spread, count = self.limit
        if share * (count + 1.0) >= 1.0:
            return counted
        quantile = float(stdtrit(count - 1.0, max(share, 1e-6)))
        interval = mean + spread * quantile * float(np.sqrt(1.0 + 1.0 / count))
        return max(min(counted, min(interval, 0.0)), UNLIKELY)


def features(distances: Floats, prompts: Floats, centre: Floats) -> Floats:
    """What familiarity is made of, for every label.

    Args:
        distances: (n, c).
        prompts: (n, c) logits by which the prompts beat their bar; meaningless ones do not count here either.
        centre: (n,).

    Returns:
        (n, c, 5): nearness, the lead over the nearest other label, how far from the centre, prompt, 1.
    """
    lead = _others(distances) - distances
    away = np.broadcast_to(centre[:, None], distances.shape)
    return np.stack([-distances, lead, away, prompts, np.ones_like(distances)], axis=-1)


def log_sum_exp(values: Floats) -> Floats:
    """``log Σ exp`` over the last axis of finite values: a tenth of the time of SciPy's on one row.

    >>> round(float(log_sum_exp(np.log(np.array([1.0, 3.0])))), 6)
    1.386294
    """
    most = values.max(axis=-1)
    return np.asarray(most + np.log(np.exp(values - most[..., None]).sum(axis=-1)))


def _others(distances: Floats) -> Floats:
    """(n, c) the smallest entry of the row apart from the label's own; its own where there is no other."""
    if distances.shape[1] < 2:
        return distances
    two = np.partition(distances, 1, axis=1)[:, :2]
    return np.where(distances <= two[:, :1], two[:, 1:], two[:, :1])


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
    medians = np.array([SHARPNESS, prior_median(means, independent, fair.distances.shape[1])])
    scale = minimize(
        _confusion, np.zeros(2), args=(sharp, medians), bounds=[(-5, 5)] * 2, method="L-BFGS-B"
    ).x
    sharpness, text = medians * np.exp(scale)
    known, unknown, strange = _familiar(fair, sharpness, text, stranger)
    prior, deviation = _between(known, unknown)
    coefficients = minimize(
        _blend,
        prior,
        args=(prior, deviation, known, fair.weights, unknown, strange),
        jac=True,
        bounds=[(0, None)] * 4 + [(None, None)],
        method="L-BFGS-B",
    ).x
    close = _familiar(sharp, sharpness, text, stranger)[0]
    supports = np.concatenate([known @ coefficients, close @ coefficients])
    weights = np.concatenate([FAIR_SHARE * fair.weights, (1.0 - FAIR_SHARE) * sharp.weights])
    order = np.argsort(supports)
    shares = np.cumsum(weights[order]) / (weights.sum() + 1.0)
    beaten = fair.prompts[np.arange(len(fair.own)), fair.own] - fair.bars
    usual = float(text * np.average(beaten, weights=fair.weights))
    mean = float(np.average(supports, weights=weights))
    spread = float(np.sqrt(np.average((supports - mean) ** 2, weights=weights)))
    limit = (mean, spread, independent + PRIOR_EXAMPLES)
    return Calibration(
        float(sharpness), float(text), coefficients, neutral, usual, supports[order], shares, limit
    )


def _filled(prompts: Floats, neutral: float) -> Floats:
    return np.where(np.isnan(prompts), neutral, prompts)


def _confusion(scale: Floats, rows: Rows, medians: Floats) -> float:
    """The loss of the right labels, and of weights that are far from their prior."""
    sharpness, text = medians * np.exp(scale)
    logits = -sharpness * rows.distances + text * rows.prompts
    loss = rows.weights @ (log_sum_exp(logits) - logits[np.arange(len(rows.own)), rows.own])
    return float(loss + 0.5 * ((scale / (SHARPNESS_SPREAD, TEXT_SPREAD)) ** 2).sum())


def _familiar(rows: Rows, sharpness: float, text: float, stranger: Floats) -> tuple[Floats, Floats, Floats]:
    """(n, 5) features of the best label of known and (m, 5) of unknown objects, and the weights of the latter."""
    at = np.arange(len(rows.own))
    logits = -sharpness * rows.distances + text * rows.prompts
    beaten = text * (rows.prompts - rows.bars[:, None])
    known = features(rows.distances, beaten, rows.known_centre)[at, logits.argmax(axis=1)]
    if rows.distances.shape[1] < 2:
        mean = known.mean(axis=0)
        unknown = np.tile(mean, (len(stranger), 1))
        unknown[:, 0], unknown[:, 1], unknown[:, 3] = -stranger, 0.0, 0.0
        return known, unknown, np.full(len(stranger), rows.weights.sum() / len(stranger))
    logits[at, rows.own] = -np.inf
    without = rows.distances.copy()
    without[at, rows.own] = np.inf
    if rows.distances.shape[1] == 2:
        without[at, rows.own] = without.min(axis=1)
    unknown = features(without, beaten, rows.unknown_centre)[at, logits.argmax(axis=1)]
    return known, unknown, rows.weights


def _between(known: Floats, unknown: Floats) -> tuple[Floats, Floats]:
    """The prior of the coefficients and its standard deviation.

    Its odds are even at the geometric mean of known and unknown distances.
    """
    prior, deviation = FAMILIARITY.copy(), FAMILIARITY_SPREAD.copy()
    near, far = -known[:, 0].mean(), -unknown[:, 0].mean()
    prior[4] = max(prior[4], prior[0] * float(np.sqrt(max(near * far, 0.0))))
    scale = lead_scale(np.concatenate([known[:, 1], unknown[:, 1]]))
    prior[1], deviation[1] = scale * prior[1], scale * deviation[1]
    return prior, deviation


def lead_scale(leads: Floats) -> float:
    """How much more than usual a unit of lead may be worth, given the (n,) leads that there are.

    A prior for inputs brought to one scale, as Gelman et al., "A weakly informative default prior distribution
    for logistic and other regression models" (2008), have it: it does not matter how close the labels lie.

    >>> lead_scale(np.array([0.4, -0.4])), lead_scale(np.array([0.1, 0.1])), lead_scale(np.zeros(2))
    (1.0, 4.0, 1.0)
    """
    usual = float(np.sqrt((leads**2).mean()))
    return float(np.clip(USUAL_LEAD / usual, *LEAD_SCALES)) if usual > 0.0 else 1.0


def _blend(
    coefficients: Floats,
    prior: Floats,
    deviation: Floats,
    known: Floats,
    weights: Floats,
    unknown: Floats,
    strange: Floats,
) -> tuple[float, Floats]:
    """The loss of the familiarity model and its gradient."""
    yes, no = known @ coefficients, unknown @ coefficients
    distance = (coefficients - prior) / deviation
    loss = (weights * np.logaddexp(0, -yes)).sum() + (strange * np.logaddexp(0, no)).sum()
    slope = (strange * expit(no)) @ unknown - (weights * expit(-yes)) @ known
    return (
        float(FAMILIARITY_TRUST * loss + 0.5 * (distance**2).sum()),
        FAMILIARITY_TRUST * slope + distance / deviation,
    )
