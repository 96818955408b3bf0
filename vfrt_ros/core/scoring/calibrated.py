"""`fuse: calibrated`: what each kind of evidence is worth is learned from the memory itself."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from vfrt_ros.core.memory.example import Change, Example
from vfrt_ros.core.scoring.evidence import Array, Evidence, Scores


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
    """Class means under one shared shrunk covariance, with the prompts as a second opinion.

    Threads: not safe; one thread calls everything.
    """

    def __init__(self, settings: CalibratedSettings) -> None:
        """
        Args:
            settings: For example a `RecognitionSettings`; replace the attribute to change them live.
        """
        self.settings = settings
        self._examples: dict[int, Example] = {}
        self._prompts: dict[str, Array] = {}
        self._background: Array | None = None
        self._dirty = True

    def apply(self, change: Change) -> None:
        """Follow a change of the memory."""
        for example in change.removed:
            self._examples.pop(example.id, None)
        for example in change.added:
            self._examples[example.id] = example
        self._dirty = True

    def set_prototypes(self, labels: tuple[str, ...], embeddings: Array) -> None:
        """Replace the text prototypes: `embeddings` is (m, d) float32, unit norm, one for each label."""
        self._prompts = dict(zip(labels, np.asarray(embeddings, np.float32), strict=True))
        self._dirty = True

    def set_background(self, embeddings: Array) -> None:
        """The embeddings of prompts for things in general: (m, d) float32, unit norm."""
        self._background = np.asarray(embeddings, np.float32)
        self._dirty = True

    def settle(self) -> None:
        """Wait until everything applied so far is in force in full."""

    def evidence(self, embedding: Array) -> Evidence:
        """The evidence of one (d,) float32 unit-norm embedding."""
        if self._dirty:
            self._fit()
        if not self._labels:
            none = np.zeros(0, np.float32)
            return Evidence((), none, none, none, none)
        image = (self._means @ embedding).astype(np.float32)
        text = (self._texts @ embedding).astype(np.float32)
        logit = np.full(len(self._labels), -np.inf)
        if self._seen.any():
            logit[self._seen] = (self._weights @ embedding - self._bias) / self._scale
        score = (text - text_mean(self._background, embedding)) if len(self._prompts) else text
        z = np.nan_to_num(score / 0.04, nan=0.0) - 3.0
        fused = np.where(self._seen, 10.0 * (image - 0.6), z).astype(np.float32)
        return Evidence(self._labels, image, text, np.nan_to_num(fused), np.nan_to_num(fused))

    def conclude(self, evidence: Evidence) -> Scores:
        """Scores of (possibly smoothed) evidence."""
        powers = np.exp(np.clip(evidence.fused, -50, 50))
        unknown = 1.0 if self.settings.open_set else 1e-9
        total = powers.sum() + unknown
        least = self.settings.open_set_threshold if self.settings.open_set else 0.0
        score = (powers / total).astype(np.float32)
        return Scores(evidence.labels, score, np.full(score.shape, least, np.float32), float(unknown / total))

    def _fit(self) -> None:
        positive = [e for e in self._examples.values() if not e.negative]
        labels = sorted({e.label for e in self._examples.values()} | set(self._prompts))
        self._labels = tuple(labels)
        some = next(iter(self._examples.values())).embedding if self._examples else None
        some = next(iter(self._prompts.values())) if some is None and self._prompts else some
        d = 0 if some is None else len(some)
        self._means = np.full((len(labels), d), np.nan, np.float32)
        self._texts = np.full((len(labels), d), np.nan, np.float32)
        for i, label in enumerate(labels):
            rows = [e.embedding for e in positive if e.label == label]
            if rows:
                mean = np.mean(rows, axis=0)
                self._means[i] = mean / np.linalg.norm(mean)
            if label in self._prompts:
                self._texts[i] = self._prompts[label]
        self._seen = np.isfinite(self._means).all(axis=1)
        self._weights = self._means[self._seen]
        self._bias, self._scale = np.zeros(len(self._weights)), 1.0
        self._dirty = False


def text_mean(background: Array | None, embedding: Array) -> float:
    """The mean cosine of an embedding with the background prompts, 0 without any."""
    return 0.0 if background is None else float((background @ embedding).mean())
