"""`fuse: calibrated`: what each kind of evidence is worth is learned from the memory itself."""

from __future__ import annotations

import threading
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from vfrt_ros.core.memory.example import Change, Example
from vfrt_ros.core.scoring.calibration import features, log_sum_exp
from vfrt_ros.core.scoring.evidence import Array, Evidence, Scores
from vfrt_ros.core.scoring.fitting import Model, Snapshot, fit
from vfrt_ros.core.scoring.image_model import ImageModel
from vfrt_ros.core.scoring.spread import UNSEEN_TOTAL, WITHIN_SHARE
from vfrt_ros.core.scoring.statistics import SCALE, Statistics
from vfrt_ros.core.scoring.text_model import SLOPE, TextModel, match_odds, match_threshold

Floats = npt.NDArray[np.float64]

NEUTRAL_ALPHA = 0.7
"""The `alpha_fusion` at which the evidence alone decides; below it counts less for pictures, above for text."""
NEUTRAL_TEMPERATURE = 0.9
"""The `temperature` at which scores are probabilities."""
SAMPLE = 1024
"""Examples that are left out to learn from, spread evenly over the labels."""
AT_ONCE = 256
"""A memory up to this size is fitted before the next frame; a larger one in the background."""
PUSH = 4.0
"""What a negative example adds to the squared distance of its label, right where it is."""
EXCLUDED = -30.0
"""Log-odds of a label without the only kind of evidence that `alpha_fusion` leaves."""


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

    `docs/scoring.md` gives the formulas. Evidence is in log-odds against "none of these": `fused` ranks the
    labels, `support` is the familiarity that the thresholds are set on.

    Threads: one thread calls the public methods. Up to `AT_ONCE` examples everything is exact on the next
    frame. Above, the means follow at once and the covariance and the weights from a short-lived background
    thread, which copies what it reads under the lock; `settle` waits for it.
    """

    def __init__(self, settings: CalibratedSettings) -> None:
        """
        Args:
            settings: For example a `RecognitionSettings`; replace the attribute to change them live.
        """
        self.settings = settings
        self._statistics = Statistics()
        self._examples: dict[str, dict[int, Example]] = {}
        self._negatives: dict[str, dict[int, Example]] = {}
        self._text = TextModel()
        self._pictures: Array | None = None
        self._model: Model | None = None
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._version = self._fitted = 0
        self._index()

    def apply(self, change: Change) -> None:
        """Follow a change of the memory, by addition and subtraction."""
        with self._lock:
            self._statistics.remove(change.removed)
            for example in change.removed:
                _forget(self._kind(example), example)
            self._statistics.add(change.added)
            for example in change.added:
                self._kind(example).setdefault(example.label, {})[example.id] = example
            self._version += 1
            changed = {example.label for example in change.removed + change.added}
            if self._model is not None:
                self._model = self._moved(self._model, changed)
        self._index()

    def set_prototypes(self, labels: tuple[str, ...], embeddings: Array) -> None:
        """Replace the text prototypes: `embeddings` is (m, d) float32, unit norm, one for each label.

        Raises:
            ValueError: There are not as many embeddings as labels.
        """
        with self._lock:
            self._text.set_prototypes(labels, embeddings)
            self._version += 1
        self._index()

    def set_background(self, prompts: Array, pictures: Array | None = None) -> None:
        """What labels have to stand out from.

        Args:
            prompts: (m, d) float32 unit-norm embeddings of `BACKGROUND_PROMPTS`.
            pictures: (p, d) float32 unit-norm embeddings of `background_pictures()`: they tell how alike any
                two pictures are to this encoder, which matters while there is a single label.
        """
        with self._lock:
            self._text.background = np.ascontiguousarray(prompts, np.float32)
            self._pictures = None if pictures is None else np.asarray(pictures, np.float32)
            self._version += 1

    def state_hash(self) -> str:
        """A hash of the statistics; undoing a change restores it exactly."""
        return self._statistics.fingerprint()

    def settle(self) -> None:
        """Wait until everything applied so far is in force in full."""
        while self._fitted != self._version:
            self._refresh()
            if self._worker is not None:
                self._worker.join()

    def evidence(self, embedding: Array) -> Evidence:
        """The evidence of one (d,) float32 unit-norm embedding."""
        if self._fitted != self._version:
            self._refresh()
        count = len(self._labels)
        image = np.full(count, np.nan, np.float32)
        text, fused = image.copy(), np.full(count, EXCLUDED)
        support = fused.copy()
        embedding = np.asarray(embedding, np.float32)
        standardised = np.full(count, np.nan)
        if self._text.labels:
            cosines = self._text.cosines(embedding)
            text[self._prompted] = cosines
            standardised[self._prompted] = self._text.standardised(embedding, cosines)
        odds = match_odds(standardised) - self._push(embedding)
        by_text = self._shares()[1]
        only = ~np.isnan(text)
        fused[only] = support[only] = odds[only] + EXCLUDED * max(0.0, 1.0 - 10.0 * by_text)
        if self._model is not None and self._seen.size:
            image[self._seen] = self._cosines(self._model.image, embedding)
            seen = self._seen
            fused[seen], support[seen] = self._by_memory(self._model, embedding, standardised, odds)
        return Evidence(self._labels, image, text, _finite(fused), _finite(support))

    def conclude(self, evidence: Evidence) -> Scores:
        """Scores of (possibly smoothed) evidence.

        With odds o of the labels against "none of these", ``score = o / (1 + Σ o)`` and
        ``unknown = 1 / (1 + Σ o)``. A label's threshold is the score that it would have in this very frame if
        its support were just at the limit; so it is known exactly when its support reaches the limit.
        """
        if not evidence.labels:
            none = np.zeros(0, np.float32)
            return Scores((), none, none, 1.0)
        heat = NEUTRAL_TEMPERATURE / self.settings.temperature
        odds = heat * evidence.fused.astype(np.float64)
        if not self.settings.open_set:
            shares = np.exp(odds - log_sum_exp(odds)).astype(np.float32)
            return Scores(evidence.labels, shares, np.zeros_like(shares), 0.0)
        total = float(np.logaddexp(0.0, log_sum_exp(odds)))
        score = np.exp(odds - total)
        missing = heat * (self._limits(evidence) - evidence.support)
        others = np.log(np.maximum(1.0 - score, 1e-12)) + total
        threshold = expit(odds + missing - others)
        known = missing <= 0
        threshold = np.where(
            known, np.minimum(threshold, score), np.maximum(threshold, np.nextafter(score, 1))
        )
        return Scores(evidence.labels, _below(score), _below(threshold), float(np.exp(-total)))

    def weights(self, label: str) -> dict[str, float]:
        """What each kind of evidence counts for a label, in log-odds, by name: to explain an answer."""
        model, (by_image, by_text) = self._model, self._shares()
        if model is None or label not in model.image.labels:
            return {"prompt, per standard deviation of the background": SLOPE * by_text}
        learned = model.calibration
        return {
            "memory, per usual distance of an example": by_image * learned.sharpness,
            "prompt, per standard deviation of the background": by_text * learned.text_weight,
            "familiarity at the limit": learned.threshold(self.settings.open_set_threshold),
        }

    def _limits(self, evidence: Evidence) -> Floats:
        """(c,) the support that each label needs to be known."""
        share = self.settings.open_set_threshold
        by_image, _ = self._shares()
        prompt = match_threshold(share)
        memory = self._model.calibration.threshold(share) if self._model is not None else prompt
        return np.where(np.isnan(evidence.image), prompt, by_image * memory + (1.0 - by_image) * prompt)

    def _shares(self) -> tuple[float, float]:
        """How far image and text evidence count, each in [0, 1]."""
        alpha = self.settings.alpha_fusion
        return min(1.0, alpha / NEUTRAL_ALPHA), min(1.0, (1.0 - alpha) / (1.0 - NEUTRAL_ALPHA))

    def _by_memory(
        self, model: Model, embedding: Array, standardised: Floats, odds: Floats
    ) -> tuple[Floats, Floats]:
        """Fused and support of the labels with examples."""
        learned, (by_image, by_text) = model.calibration, self._shares()
        distances, centre = model.image.distances(embedding)
        distances = distances + self._push(embedding)[self._seen]
        prompts = np.nan_to_num(standardised[self._seen])
        logits = learned.logits(distances, prompts, by_image, by_text)
        unprompted = np.isnan(standardised[self._seen])
        logits[unprompted] += EXCLUDED * max(0.0, 1.0 - 10.0 * by_image)
        heard = by_text * prompts + (1.0 - by_text) * learned.usual_prompt
        parts = features(distances[None], heard[None], np.array([centre]))[0]
        match = np.nan_to_num(odds[self._seen], nan=EXCLUDED)
        support = by_image * (parts @ learned.familiarity) + (1.0 - by_image) * match
        fused = logits - log_sum_exp(logits) + support[int(logits.argmax())]
        return fused, support

    def _cosines(self, image: ImageModel, embedding: Array) -> Array:
        return np.asarray(self._directions @ embedding, np.float32)

    def _push(self, embedding: Array) -> Floats:
        """(c,) what negative examples nearer than an example of the right label usually is add to distances."""
        push = np.zeros(len(self._labels))
        within = self._model.within if self._model is not None else WITHIN_SHARE * UNSEEN_TOTAL
        for index, rows in self._refused:
            nearest = 2.0 - 2.0 * float((rows @ embedding).max())
            usual = 2.0 * within
            push[index] = PUSH * max(0.0, 1.0 - nearest / usual) ** 2
        return push

    def _kind(self, example: Example) -> dict[str, dict[int, Example]]:
        return self._negatives if example.negative else self._examples

    def _index(self) -> None:
        """Line the labels up again."""
        counted = sorted(self._statistics.counts)
        self._labels = tuple(sorted({*counted, *self._negatives, *self._text.labels}))
        position = {label: i for i, label in enumerate(self._labels)}
        self._prompted = np.array([position[label] for label in self._text.labels], np.int64)
        model = self._model.image.labels if self._model is not None else ()
        self._seen = np.array([position[label] for label in model if label in position], np.int64)
        self._refused = [
            (position[label], np.stack([example.embedding for example in examples.values()]))
            for label, examples in self._negatives.items()
        ]
        if self._model is not None:
            means = self._model.image.means
            self._directions = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)

    def _refresh(self) -> None:
        """Bring the model up to date: at once where that is quick, else in the background."""
        if not self._statistics.counts:
            self._model, self._fitted = None, self._version
            self._index()
        elif self._statistics.size <= AT_ONCE or self._model is None:
            self._fit()
        elif self._worker is None or not self._worker.is_alive():
            self._worker = threading.Thread(target=self._fit, name="vfrt-fit", daemon=True)
            self._worker.start()

    def _fit(self) -> None:
        with self._lock:
            version, snapshot = self._version, self._snapshot()
        model = fit(snapshot)
        with self._lock:
            if self._version == version:
                self._model, self._fitted = model, version
                self._index()

    def _snapshot(self) -> Snapshot:
        statistics = self._statistics
        labels = tuple(sorted(statistics.counts))
        means = np.stack([statistics.mean(label) for label in labels])
        counts = np.array([statistics.counts[label] for label in labels], np.float64)
        everything = statistics.size <= SAMPLE
        picked = [_spread_evenly(self._examples[label], max(1, SAMPLE // len(labels))) for label in labels]
        if everything:
            picked = [list(self._examples[label].values()) for label in labels]
        own = np.repeat(np.arange(len(labels)), [len(group) for group in picked])
        rows = np.stack([example.embedding for group in picked for example in group]).astype(np.float32)
        prompts = np.zeros((len(rows), len(labels)))
        both = [
            (i, labels.index(name)) for i, name in enumerate(self._text.labels) if name in statistics.counts
        ]
        if both:
            scores = self._text.standardised(rows, self._text.cosines(rows))
            prompts[:, [j for _, j in both]] = scores[:, [i for i, _ in both]]
        scatter = None
        if not everything and statistics.scatter is not None:
            low = np.tril(statistics.scatter) / SCALE**2
            scatter = low + np.tril(low, -1).T
        return Snapshot(labels, means, counts, scatter, rows, own, prompts, self._pictures)

    def _moved(self, model: Model, changed: set[str]) -> Model:
        """The model with the means of the changed labels, under the metric and the weights from before."""
        old, statistics = model.image, self._statistics
        labels = tuple(sorted(statistics.counts))
        if not labels:
            return model
        place = {label: i for i, label in enumerate(old.labels)}
        means = np.empty((len(labels), old.means.shape[1]), np.float32)
        solved, squares, inflation = means.copy(), np.empty(len(labels)), np.empty(len(labels))
        for i, label in enumerate(labels):
            if label in changed or label not in place:
                means[i] = statistics.mean(label)
                solved[i] = old.metric.solve(means[i][None])[0]
                squares[i] = float(means[i] @ solved[i])
                inflation[i] = 1.0 + 1.0 / statistics.counts[label]
            else:
                j = place[label]
                means[i], solved[i] = old.means[j], old.solved[j]
                squares[i], inflation[i] = old.squares[j], old.inflation[j]
        centre = float(means.mean(axis=0) @ solved.mean(axis=0))
        image = ImageModel(labels, old.metric, old.unit, means, solved, squares, inflation, centre)
        return Model(image, model.calibration, model.within)


def _forget(kind: dict[str, dict[int, Example]], example: Example) -> None:
    kind[example.label].pop(example.id, None)
    if not kind[example.label]:
        del kind[example.label]


def _spread_evenly(examples: dict[int, Example], most: int) -> list[Example]:
    ids = sorted(examples)
    if len(ids) <= most:
        return [examples[key] for key in ids]
    return [examples[ids[i]] for i in np.linspace(0, len(ids) - 1, most).round().astype(int)]


def _finite(values: Floats) -> Array:
    return np.clip(np.nan_to_num(values, nan=EXCLUDED), -40.0, 40.0).astype(np.float32)


def _below(values: Floats) -> Array:
    return np.clip(values, 0.0, 1.0).astype(np.float32)
