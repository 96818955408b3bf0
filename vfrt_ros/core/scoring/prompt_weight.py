# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The worth of prompts by themselves: where their weight beside pictures is looked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.scoring import constants

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PromptMeans:
    """z-scores of prompts over examples.

    Attributes:
        right: Mean of the right labels' prompts.
        others: Mean of the other labels'; both are the same where one of them is not known.
        variance: Of the others.
    """

    right: float
    others: float
    variance: float


def prompt_means(prompts: Floats, own: Ints) -> PromptMeans:
    """Means of (n, c) z-scores, NaN where a label has no prompt, by the (n,) right labels; 0 without any.

    Args:
        prompts: (n, c) float64 z-scores, NaN where a label has no prompt.
        own: (n,) int64, index of the right label.
    """
    at = np.arange(len(own))
    right, others = prompts[at, own], prompts.copy()
    others[at, own] = np.nan
    if np.isnan(right).all() or np.isnan(others).all():
        mean = 0.0 if np.isnan(prompts).all() else float(np.nanmean(prompts))
        return PromptMeans(mean, mean, 1.0)
    return PromptMeans(
        float(np.nanmean(right)), float(np.nanmean(others)), max(float(np.nanvar(others)), 1e-3)
    )


def prior_median(means: PromptMeans, examples: float, labels: int) -> float:
    """The most likely weight of prompts beside pictures, in logits per standard deviation (formula 11).

    By themselves they earn the slope of a linear discriminant (Fisher 1936) between the right labels' prompts
    and the others', the difference of the means over the variance; this is multiplied by the share of the
    variance that the difference explains, so that a difference within the noise earns next to nothing. The more
    examples a label has, the more of what prompts know the pictures say too: hence the square root of n.

    Args:
        means: Of the memory's examples.
        examples: How many there are, near duplicates counted once.
        labels: That they are of.

    >>> meaningless, clear = PromptMeans(1.0, 1.0, 1.0), PromptMeans(3.0, 1.0, 1.0)
    >>> round(prior_median(meaningless, 20.0, 20), 3), round(prior_median(clear, 20.0, 20), 3)
    (0.022, 1.223)
    """
    gap = max(means.right - means.others, 0.0)
    earned = gap / means.variance * gap**2 / (gap**2 + means.variance)
    earned = (earned * examples + constants.PROMPT_PRIOR * constants.PROMPT_PRIOR_EXAMPLES) / (
        examples + constants.PROMPT_PRIOR_EXAMPLES
    )
    return constants.PROMPT_SHARE * earned / max(examples / labels, 1.0) ** 0.5
