# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The rule `fuse: calibrated`, which learns from the memory itself how much each kind of evidence counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.balance import Balance, alone
from vfrt_ros.core.scoring.learner import Learner
from vfrt_ros.core.scoring.negatives import Negatives
from vfrt_ros.core.scoring.odds import finite, scores, shares
from vfrt_ros.core.scoring.text_model import match_odds, match_threshold
from vfrt_ros.core.types.evidence import Array, Evidence, Scores
from vfrt_ros.core.types.example import Change

Floats = npt.NDArray[np.float64]


class CalibratedSettings(Protocol):
    """The parameters that the calibrated rule reads; `RecognitionSettings` has them all."""

    @property
    def alpha_fusion(self) -> float: ...
    @property
    def temperature(self) -> float: ...
    @property
    def open_set(self) -> bool: ...
    @property
    def open_set_threshold(self) -> float: ...


class CalibratedRule:
    """Class means under one shared shrunk covariance, prompts against a background, and learned weights.

    Evidence is in log-odds against "none of these": `fused` ranks the labels, `familiarity` is what the thresholds
    are set on. `docs/scoring.md` gives the formulas.

    Threads: one thread calls the public methods. A change is in force on the next frame: of a small memory in
    full; of a larger one (`constants.FIT_AT_ONCE`) the means at once, the covariance and the weights when a
    background fit is done, which `settle` waits for.
    """

    def __init__(self, settings: CalibratedSettings, examples: ExampleTable | None = None) -> None:
        """
        Args:
            settings: For example a `RecognitionSettings`; replace the attribute to change them live.
            examples: The memory's, which has followed a change before `apply` is called; None = a table of its own.
        """
        self.settings = settings
        self._learner = Learner(examples)
        self._index()

    def check(self, change: Change) -> None:
        """Refuse a change after which the sums would not be exact.

        Raises:
            RequestError: There would be more examples than `constants.MOST_EXAMPLES`.
        """
        self._learner.statistics.check(change)

    def apply(self, change: Change) -> None:
        """Follow a change of the memory, by addition and subtraction."""
        self._learner.apply(change)
        self._index()

    def set_prototypes(self, labels: tuple[str, ...], embeddings: Array) -> None:
        """Replace the text prototypes: `embeddings` is (m, d) float32, unit norm, one for each label.

        Raises:
            ValueError: There are not as many embeddings as labels.
        """
        self._learner.text.set_prototypes(labels, embeddings)
        self._learner.touch()
        self._index()

    def set_background(self, prompts: Array | None, pictures: Array | None = None) -> None:
        """Set the background that labels have to stand out from.

        Args:
            prompts: (m, d) float32 unit-norm embeddings of `BACKGROUND_PROMPTS`; None = there is no text encoder.
            pictures: (p, d) float32 unit-norm embeddings of `background_pictures()`: they tell how alike any
                two pictures are to this encoder, which matters while there are few labels.
        """
        self._learner.text.background = None if prompts is None else np.ascontiguousarray(prompts, np.float32)
        self._learner.pictures = None if pictures is None else np.asarray(pictures, np.float32)
        self._learner.touch()

    def state_hash(self) -> str:
        """A hash of the statistics; undoing a change restores it exactly."""
        return self._learner.statistics.fingerprint()

    def settle(self) -> None:
        """Wait until everything applied so far is in force in full."""
        self._learner.settle()

    def evidence(self, embedding: Array) -> Evidence:
        """The evidence of one (d,) float32 unit-norm embedding."""
        return self._evidence(np.asarray(embedding, np.float32))

    def evidence_each(self, embeddings: Array) -> list[Evidence]:
        """The evidence of each of (n, d) float32 unit-norm embeddings, in one go."""
        every = self._evidence(np.asarray(embeddings, np.float32))
        rows = zip(every.image, every.text, every.fused, every.familiarity, strict=True)
        return [Evidence(self._labels, *row) for row in rows]

    def _evidence(self, embedding: Array) -> Evidence:
        """The evidence of (…, d) embeddings, with arrays of (…, c)."""
        self._learner.refresh()
        model, prompts = self._learner.model, self._learner.text
        shape = (*embedding.shape[:-1], len(self._labels))
        image = np.full(shape, np.nan, np.float32)
        text, fused = image.copy(), np.full(shape, constants.EXCLUDED)
        familiarity = fused.copy()
        standardised = np.full(shape, np.nan)
        prompt_threshold = np.zeros(shape[:-1])
        if prompts.labels:
            seen_by_text = prompts.evidence(embedding)
            text[..., self._prompted] = seen_by_text.cosines
            standardised[..., self._prompted] = seen_by_text.standardised
            prompt_threshold = seen_by_text.threshold
        within = model.within if model is not None else constants.WITHIN_SHARE * constants.UNSEEN_TOTAL
        penalty = self._negatives.penalty(embedding, within)
        odds = match_odds(standardised, prompt_threshold) - penalty
        only = ~np.isnan(text)
        fused[only] = familiarity[only] = odds[only] + alone(self._balance.text)
        if model is not None:
            seen = self._seen
            image[..., seen], distances, centre = model.image.compare(embedding)
            fused[..., seen], familiarity[..., seen] = model.calibration.judge(
                distances=distances + penalty[..., seen],
                centre=centre,
                standardised=standardised[..., seen],
                prompt_threshold=prompt_threshold,
                prompt_odds=odds[..., seen],
                shared=self._shared,
                balance=self._balance,
            )
        return Evidence(self._labels, image, text, finite(fused), finite(familiarity))

    def conclude(self, evidence: Evidence) -> Scores:
        """Scores of (possibly smoothed) evidence (formulas 17 and 20).

        With odds o of the labels against "none of these", ``score = o / (1 + Σ o)`` and
        ``unknown = 1 / (1 + Σ o)``. Log-odds are divided by `temperature`, whose default makes them a ninth larger
        than what was learned: examples that are left out are judged by a smaller memory than frames are.
        A label's threshold is the score that it would have in this very frame if its familiarity were just at
        the limit; so it is known exactly when its familiarity reaches the limit.
        """
        if not evidence.labels:
            none = np.zeros(0, np.float32)
            return Scores((), none, none, 1.0)
        score, threshold, unknown = self._conclude(evidence)
        return Scores(evidence.labels, score, threshold, float(unknown))

    def conclude_each(self, evidence: Sequence[Evidence]) -> list[Scores]:
        """The scores of each, in one go; all have the same labels, as `evidence_each` gives them."""
        if not evidence or not evidence[0].labels:
            return [self.conclude(each) for each in evidence]
        names = ("image", "text", "fused", "familiarity")
        every = Evidence(
            evidence[0].labels, *(np.stack([getattr(each, name) for each in evidence]) for name in names)
        )
        rows = zip(*self._conclude(every), strict=True)
        return [Scores(every.labels, score, threshold, float(unknown)) for score, threshold, unknown in rows]

    def _conclude(self, evidence: Evidence) -> tuple[Array, Array, Floats]:
        """(…, c) scores, (…, c) thresholds and the (…) share of none of these, of evidence of (…, c) arrays."""
        heat = 1.0 / self.settings.temperature
        odds = heat * evidence.fused.astype(np.float64)
        odds[np.isnan(evidence.image) & np.isnan(evidence.text)] = constants.NEVER
        if not self.settings.open_set:
            closed = shares(odds)
            return closed, np.zeros_like(closed), np.zeros(closed.shape[:-1])
        limits = self._limits(~np.isnan(evidence.image), ~np.isnan(evidence.text))
        return scores(odds, heat * (limits - evidence.familiarity))

    def weights(self, label: str) -> dict[str, float]:
        """The weight of each kind of evidence for a label, in log-odds, by name: to explain an answer."""
        model, balance = self._learner.model, self._balance
        if model is None or label not in self._learner.statistics.counts:
            return {"prompt, per standard deviation of the background": constants.PROMPT_SLOPE * balance.text}
        learned = model.calibration
        return {
            "memory, per usual distance of an example": balance.image * learned.sharpness,
            "prompt, per standard deviation of the background": balance.text * learned.text_weight,
            "familiarity at the limit": learned.threshold(self.settings.open_set_threshold),
        }

    def thresholds(self) -> dict[str, float]:
        """The score that each label needs in a frame that shows nothing of the others."""
        if not self.settings.open_set:
            return dict.fromkeys(self._labels, 0.0)
        positions = np.arange(len(self._labels))
        limits = self._limits(np.isin(positions, self._seen), np.isin(positions, self._prompted))
        heat = 1.0 / self.settings.temperature
        return dict(zip(self._labels, expit(heat * limits).tolist(), strict=True))

    def _limits(self, has_image: npt.NDArray[np.bool_], has_text: npt.NDArray[np.bool_]) -> Floats:
        """(…, c) the familiarity that each label needs to be known."""
        share = self.settings.open_set_threshold
        by_image = self._balance.image
        prompt = match_threshold(share)
        model = self._learner.model
        memory = finite(np.array(model.calibration.threshold(share))) if model is not None else prompt
        both = by_image * memory + (1.0 - by_image) * prompt
        return np.where(has_image & has_text, both, np.where(has_image, memory, prompt))

    @property
    def _balance(self) -> Balance:
        return Balance.at(self.settings.alpha_fusion)

    def _index(self) -> None:
        """Line the labels of memory, negatives and prompts up."""
        learner = self._learner
        known = sorted(learner.statistics.counts)
        table = learner.examples
        self._labels = tuple(sorted({*known, *table.negative_labels(), *learner.text.labels}))
        position = {label: i for i, label in enumerate(self._labels)}
        self._prompted = np.array([position[label] for label in learner.text.labels], np.int64)
        self._seen = np.array([position[label] for label in known], np.int64)
        self._shared = learner.text.are_shared(tuple(known))
        self._negatives = Negatives(table, position)
