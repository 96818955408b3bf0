# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The chosen numbers of the rule `calibrated`, each with its source; the rest is learned from the memory.

The code reads them as ``constants.NAME`` at the moment of use, so that `make sensitivity` can put half and twice of
each in their place; what happens then is in `docs/notes/constants.md`. "Chosen on the groceries" means on the
episodes of `make eval-bar` with the grocery photographs. The formulas are those of `docs/scoring.md`.
"""

from __future__ import annotations

import numpy as np

# --- The memory: variance within labels, and the metric (formulas 2 to 4 and 23)

WITHIN_SHARE = 0.4
"""Variance within labels as a share of the total, before the memory tells; no unit.
Source: chosen on the groceries."""
NEAR_DUPLICATE_SHARE = 0.3
"""Two examples of a label are near duplicates below this share of the usual squared distance: at a correlation
of 0.7 and more, as between frames of one scene. Source: chosen on the groceries."""
SAME_VIEW_SHARE = 0.1
"""Below this share they are the same view: as good as one example. Source: chosen on the groceries."""
VISIT_GAP_S = 60.0
"""Seconds that may lie between two registrations of one visit: what a person does before one object.
Source: a lesson takes some seconds an object; chosen by hand."""
VISIT_SHARE = 0.75
"""Of the examples that may be of one visit those are that lie closer than this share of the prior distance.
Source: chosen on frames made of the groceries."""
COMMON_EVIDENCE = 0.25
"""Weight of the whole memory in what an example of a label counts for: how far frames lie apart is known of a few
only. Source: chosen on frames made of the groceries."""
UNSEEN_TOTAL = 0.8
"""Total variance of pictures of unit norm where there are neither two labels nor background pictures.
Source: chosen on the groceries; 1 would be that of pictures which have nothing in common."""
BACKGROUND_PICTURES_WEIGHT = 2.0
"""Labels that the background pictures count for in the total variance. Source: chosen on the groceries."""
METRIC_RANK = 256
"""Directions of the covariance that are kept apart; the others share the floor. Source: time per frame."""
METRIC_ROUNDS = 3
"""Rounds of subspace iteration. Source: Halko et al. 2011, algorithm 4.4."""

# --- Leaving examples out (formulas 5 and 6)

REMOVED_AT_MOST = 8
"""Near duplicates that the covariance is freed of, the nearest first; the means are freed of all.
Source: time of a fit."""
COMPANION_SHARE = 0.2
"""Share of the examples of a label that are left out with one as its companions, at least one, to learn familiarity:
the more examples a label has, the less one companion says of what is seen elsewhere.
Source: chosen on the groceries."""
OWN_DISTANCE = np.array([0.6, 0.85, 1.1, 1.4, 1.9])
"""Squared distances of an object to its label, in units of their mean, where no example can be left out:
five equally likely values. Source: chosen on the groceries."""
UNKNOWN_DISTANCE = np.array([0.75, 0.9, 1.0, 1.1, 1.25])
"""Squared distances of unknown objects in units of their mean where there is one label: five equally likely values.
Source: chosen on the groceries."""
FIT_SAMPLE = 1024
"""Examples that are left out to learn from, spread evenly over the labels. Source: time of a fit."""
FIT_AT_ONCE = 128
"""A memory up to this size is fitted before the next frame; a larger one in the background. Source: time of a fit."""

# --- The prompts (formulas 8, 9 and 15)

SAME_PROMPT = 0.999
"""Cosine from which on a prompt of the background says the same as a label's, and does not count as a rival.
Source: float32."""
PROMPT_SLOPE = 2.0
"""Log-odds of a match per standard deviation. Source: chosen on the groceries without examples."""
CALM_ODDS = 2.0
"""Log-odds above which text alone gains only `CALM_SHARE`. Source: chosen on the groceries without examples."""
CALM_SHARE = 0.25
"""That share. Source: chosen on the groceries without examples."""
MATCH_MEAN = 1.6
"""By how much the prompt of what is seen beats the best of the background on average, in standard deviations of it.
Source: chosen on the groceries."""
MATCH_DEVIATION = 1.0
"""The standard deviation of that. Source: chosen on the groceries."""

# --- Fusion of both (formulas 9 to 11)

SHARPNESS = 6.0
"""Prior of the logit per unit of squared distance: its median. Source: chosen on the groceries."""
SHARPNESS_DEVIATION = 1.0
"""The standard deviation of its logarithm. Source: chosen on the groceries."""
WRONG_EXAMPLES = 0.05
"""Share of the examples that may show nothing of their label. Source: chosen on the groceries, and on letters with
an empty picture among the examples of each."""
TEXT_DEVIATION = 0.6
"""The same for the logit per standard deviation of the prompt, whose median is
`prompt_weight.prior_median`.
Source: chosen on the groceries."""
PROMPT_SHARE = 0.9
"""Of what prompts earn by themselves, beside pictures, which say some of it too. Source: chosen on the groceries."""
PROMPT_PRIOR = 0.15
"""Logit per standard deviation that prompts are supposed to earn before an example tells.
Source: chosen on the groceries."""
PROMPT_PRIOR_EXAMPLES = 4.0
"""The examples that this counts for. Source: chosen on the groceries."""
NEUTRAL_ALPHA = 0.7
"""The `alpha_fusion` at which the evidence alone decides; below it counts less for pictures, above for text.
Source: the default of the parameter."""

# --- Known or unknown (formulas 12 to 14)

FAMILIARITY_MEAN = np.array([3.0, 1.0, 1.0, 1.0, 2.0])
"""Prior mean of the coefficients of `familiarity.features`: nearness, margin, centre, prompt, and the least of the
constant, which is where odds are even but for labels that show the same thing. That of the centre is reached with many
examples, that of the prompt where no two labels share theirs.
Source: chosen on the groceries; that of the centre on embeddings by CLIP."""
FAMILIARITY_DEVIATION = np.array([1.0, 1.5, 0.5, 0.5, 3.0])
"""Their standard deviations. Source: chosen on the groceries."""
SLOPE_EXAMPLES = 16.0
"""Examples beyond the first of each label with which half of the measured slope of familiarity, and of the measured
weight of the centre, is believed. Source: chosen on embeddings by CLIP."""
USUAL_MARGIN = 0.4
"""The root mean square of margins that the prior of their coefficient is made for: where labels lie closer to each
other, a margin is smaller and means more. Source: chosen on the groceries and on handwritten digits."""
FAMILIARITY_TRUST = 0.5
"""Weight of a left-out example. Source: it and its left-out label are two views of one thing, each counts half."""
FAIR_SHARE = 0.6
"""How much the limit, the slope and the zero of familiarity rest on examples left out with companions: examples of a
label are usually taken together and what is seen later is not; a memory of independent examples is the other case.
Source: chosen on the groceries."""
FAR_SHARE = 0.33
"""Share of those that the limit takes with several companions. Source: chosen on the groceries, against independent
examples, which are then rejected less often than promised."""
PRIOR_EXAMPLES = 8.0
"""Independent examples that the priors of the variance, of the unit of distances and of the limit count for.
Source: chosen on the groceries."""
UNLIKELY = -1.0
"""Log-odds of a known object below which too few examples let nothing through. Source: chosen on the groceries."""

# --- Negative examples (formula 21), and the ends of the scale

NEGATIVE_PENALTY = 4.0
"""Most that a negative example adds to the squared distance of its label, right where it is. Source: chosen."""
EXCLUDED = -30.0
"""Log-odds of a label without the only kind of evidence that `alpha_fusion` leaves. Source: below all others."""
EXTREME = 40.0
"""Log-odds beyond which only the order counts: they grow as their logarithm. Source: above what evidence reaches."""
NEVER = -1e6
"""Log-odds of a label with neither example nor prompt, of which only is known what it is not.
Source: below EXCLUDED."""

# --- Exact sums (formula 22)

SCALE = 2.0**17
"""Embeddings are rounded to whole multiples of 1/SCALE. A sum of products of such numbers is a whole number
of 1/SCALE², which float64 holds exactly while it is below 2⁵³: for unit vectors, up to 2¹⁹ examples. Exact
sums do not depend on the order of their terms, so taking an example away restores the bits from before."""
MOST_EXAMPLES = 2**19
"""Examples up to which that holds. Source: 2⁵³ / SCALE²."""
MOST_PENDING = 64
"""Examples that the scatter may lag behind, so that a registration need not wait for it.
Source: time of a registration."""
