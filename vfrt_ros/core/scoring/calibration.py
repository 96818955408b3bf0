# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Learned weights of distances and prompts, and how they judge a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.balance import Balance, alone
from vfrt_ros.core.scoring.familiarity import nearest_other
from vfrt_ros.core.scoring.odds import log_sum_exp
from vfrt_ros.core.scoring.text_model import beside_pictures

Floats = npt.NDArray[np.float64]


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

    def logits(self, distances: Floats, prompts: Floats, balance: Balance) -> Floats:
        """Logits of the labels (formula 9).

        Args:
            distances: (…, c) float64, see `ImageModel.compare`.
            prompts: (…, c) float64 z-scores as `beside_pictures` gives them.
            balance: Of pictures and prompts.

        Returns:
            (…, c) float64.
        """
        return -balance.image * self.sharpness * distances + balance.text * self.text_weight * prompts

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

    def judge(
        self,
        *,
        distances: Floats,
        centre: Floats,
        standardised: Floats,
        prompt_threshold: Floats,
        prompt_odds: Floats,
        shared: npt.NDArray[np.bool_],
        balance: Balance,
    ) -> tuple[Floats, Floats]:
        """Fused evidence (formula 16) and familiarity (formula 12) of the c labels with examples.

        Args:
            distances: (…, c) float64 to the labels, negative penalties added.
            centre: (…) distances to the centre of the labels.
            standardised: (…, c) float64 z-scores of the prompts, NaN where a label has none.
            prompt_threshold: (…) z-scores that the right prompt has to beat.
            prompt_odds: (…, c) float64 log-odds of the prompts alone.
            shared: (c,) bool, True for a label whose prompt is another label's too.
            balance: Of pictures and prompts.
        """
        unprompted = np.isnan(standardised)
        prompts = np.where(unprompted, self.neutral_prompt, beside_pictures(standardised))
        beaten = self.text_weight * (prompts - prompt_threshold[..., None])
        text_evidence = balance.text * beaten + (1.0 - balance.text) * self.usual_prompt
        text_evidence = np.where(shared, self.usual_prompt, text_evidence)
        absent = np.where(unprompted, alone(balance.image), 0.0)
        memory = np.where(unprompted, 1.0, balance.image)
        by_prompt = np.where(unprompted, 0.0, prompt_odds)
        familiarity = self.familiarity(distances, text_evidence, centre)
        familiarity = memory * familiarity + (1.0 - memory) * by_prompt + absent
        logits = self.logits(distances, prompts, balance) + absent
        best = np.take_along_axis(familiarity, logits.argmax(axis=-1)[..., None], axis=-1)
        return logits - log_sum_exp(logits)[..., None] + best, familiarity

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
