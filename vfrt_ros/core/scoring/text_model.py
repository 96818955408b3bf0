"""The prompts: by how much a label's prompt stands out from prompts for things in general."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from vfrt_ros.core.types.evidence import Array

Floats = npt.NDArray[np.float64]

LEAST_BACKGROUND = 8
"""Prompts that a mean and a standard deviation take at least."""
FALLBACK_SPREAD = 0.03
"""Standard deviation of a picture's cosines with unrelated prompts, for want of a background."""
MATCH = 4.8
"""Where the prompt of what is seen stands on average, in standard deviations of the background."""
MATCH_SPREAD = 1.0
SLOPE = 2.0
"""Log-odds of a match per standard deviation."""
MIDDLE = 3.2
"""The standard deviations at which a match is as likely as not: more than chance reaches among 200 prompts."""
RIVAL_SHARE = 0.9
"""How far the best prompt of the background, rather than `MIDDLE`, is what a label's prompt has to beat."""
SAME_PROMPT = 0.999
"""Cosine from which on a prompt of the background says the same as a label's, and is no rival."""
QUIET = 0.1
"""What counts, beside pictures, of how far a prompt lies below the mean of the background: which of two prompts
that do not fit at all fits less is mostly chance."""
CALM = 2.0
"""Log-odds above which text alone gains only a quarter."""


class _Scale:
    """What cosines are held against: (…, p) those of the same pictures with a background of prompts."""

    def __init__(self, cosines: Array) -> None:
        self.cosines = cosines
        self._mean = cosines.mean(axis=-1, keepdims=True)
        self._spread = np.maximum(cosines.std(axis=-1, keepdims=True), 1e-9)

    def of(self, cosines: Array) -> Floats:
        """(…, m) z-scores of (…, m) cosines."""
        return np.asarray((cosines - self._mean) / self._spread, np.float64)


class TextModel:
    """Standardises a frame's cosines with the labels' prompts by those with a background of prompts.

    Cosines between pictures and texts lie in a narrow band that differs between encoders; a z-score does not
    change when the band is moved or stretched.
    """

    def __init__(self) -> None:
        self.labels: tuple[str, ...] = ()
        self.prototypes: Array = np.zeros((0, 0), np.float32)
        self.background: Array | None = None
        self._rivals_of: tuple[Array | None, Array] = (None, self.prototypes)
        self._rivals_are = np.zeros(0, bool)

    def set_prototypes(self, labels: tuple[str, ...], embeddings: Array) -> None:
        """(m, d) float32 unit-norm embeddings, one for each label.

        Raises:
            ValueError: There are not as many embeddings as labels.
        """
        if len(labels) != len(embeddings):
            raise ValueError(
                f"Expected one embedding for each of {len(labels)} labels; got {len(embeddings)}."
            )
        order = sorted(range(len(labels)), key=lambda i: labels[i])
        self.labels = tuple(labels[i] for i in order)
        self.prototypes = np.ascontiguousarray(np.asarray(embeddings, np.float32)[order])

    def cosines(self, embedding: Array) -> Array:
        """(m,) or (n, m) float32 cosines of (d,) or (n, d) embeddings with the prototypes."""
        return np.asarray(embedding @ self.prototypes.T, np.float32)

    def heard(self, embedding: Array) -> tuple[Array, Floats, float]:
        """All that the prompts say of one (d,) embedding: (m,) `cosines`, (m,) `standardised`, and its bar."""
        cosines = self.cosines(embedding)
        if self.background is None or not self.labels:
            return cosines, self.standardised(embedding, cosines), float(self.bars(embedding))
        scale = _Scale(embedding @ self.background.T)
        return cosines, scale.of(cosines), float(self._bar(scale))

    def standardised(self, embedding: Array, cosines: Array) -> Floats:
        """(m,) or (n, m) z-scores of the cosines of (d,) or (n, d) embeddings."""
        background = self.background
        if background is None and len(self.labels) >= LEAST_BACKGROUND:
            background = self.prototypes
        if background is None:
            low = cosines.mean(axis=-1, keepdims=True) if cosines.shape[-1] > 1 else 0.0
            return np.asarray((cosines - low) / FALLBACK_SPREAD, np.float64)
        return _Scale(embedding @ background.T).of(cosines)

    def bars(self, embeddings: Array) -> Floats:
        """() or (n,) z-score that the prompt of what (d,) or (n, d) embeddings show has to beat.

        It is `MIDDLE`, drawn to the best rival of the background; 0 where there is no prompt at all.
        """
        if not self.labels:
            return np.zeros(embeddings.shape[:-1])
        if self.background is None:
            return np.full(embeddings.shape[:-1], MIDDLE)
        return self._bar(_Scale(embeddings @ self.background.T))

    def _bar(self, scale: _Scale) -> Floats:
        best = scale.of(scale.cosines[..., self._rivals()].max(axis=-1, keepdims=True))[..., 0]
        return np.asarray((1.0 - RIVAL_SHARE) * MIDDLE + RIVAL_SHARE * best, np.float64)

    def _rivals(self) -> npt.NDArray[np.bool_]:
        """Which prompts of the background say something else than the labels' do."""
        background, prototypes = self.background, self.prototypes
        if background is not None and (
            self._rivals_of[0] is not background or self._rivals_of[1] is not prototypes
        ):
            same = np.zeros(len(background), bool)
            if self.labels:
                same = (background @ prototypes.T).max(axis=1) > SAME_PROMPT
            self._rivals_of, self._rivals_are = (background, prototypes), (same if same.all() else ~same)
        return self._rivals_are

    def table(self, embeddings: Array, labels: tuple[str, ...]) -> Floats:
        """(n, c) `beside_pictures` of (n, d) embeddings for these labels, NaN where a label has no prompt."""
        table = np.full((len(embeddings), len(labels)), np.nan)
        place = {label: j for j, label in enumerate(labels)}
        pairs = [(i, place[label]) for i, label in enumerate(self.labels) if label in place]
        if pairs:
            scores = beside_pictures(self.standardised(embeddings, self.cosines(embeddings)))
            table[:, [j for _, j in pairs]] = scores[:, [i for i, _ in pairs]]
        return table


def beside_pictures(standardised: Floats) -> Floats:
    """z-scores of prompts as they count where there are examples too; NaN stays.

    >>> beside_pictures(np.array([2.0, -1.0])).tolist()
    [2.0, -0.1]
    """
    return np.asarray(np.where(standardised < 0.0, QUIET * standardised, standardised))


def match_odds(standardised: Floats, bar: float = MIDDLE) -> Floats:
    """Log-odds that a prompt is what is seen, from its z-score and the one to beat; calmer above `CALM`.

    >>> match_odds(np.array([3.2, 4.2, 7.2])).tolist()
    [0.0, 2.0, 3.5]
    """
    odds = SLOPE * (standardised - bar)
    return np.asarray(np.where(odds > CALM, CALM + (odds - CALM) / 4.0, odds))


def match_threshold(share: float) -> float:
    """The log-odds that all but `share` of the matching prompts reach, their z-scores being normal."""
    return float(match_odds(np.array(MATCH + MATCH_SPREAD * float(ndtri(np.clip(share, 1e-6, 1 - 1e-6))))))
