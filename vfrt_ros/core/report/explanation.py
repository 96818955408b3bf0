# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Why a frame got its answer, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.scoring.prompts import texts_of
from vfrt_ros.core.types.decision import Decision
from vfrt_ros.core.types.evidence import Array, Evidence, Scores, ranking
from vfrt_ros.core.types.observation import Observation
from vfrt_ros.core.types.operation import ExampleId
from vfrt_ros.core.types.reason import Reason

NEAREST = 3
"""Examples that a sentence names."""
SHOWN = 6
"""Examples that an explanation has."""


@dataclass(frozen=True, slots=True)
class LastDecision:
    """The last frame with everything that led to its answer.

    Attributes:
        settings: In force then.
        weights: By label what each kind of evidence counted; None = as the rule says now.
    """

    observation: Observation
    evidence: Evidence
    scores: Scores
    decision: Decision
    settings: RecognitionSettings
    weights: Mapping[str, Mapping[str, float]] | None = None

    def with_weights(self, weights: Callable[[str], Mapping[str, float]]) -> LastDecision:
        """The same with the weights as they are now, before the rule is changed.

        Args:
            weights: What each kind of evidence counts for a label.
        """
        if self.weights is not None:
            return self
        return replace(self, weights={label: weights(label) for label in self.evidence.labels})


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An example near the frame.

    Attributes:
        example: Its id.
        cosine: With the frame, in [-1, 1].
        share: Of the image evidence of its label, in [0, 1]: its cosine among those of all examples that count.
    """

    example: ExampleId
    cosine: float
    share: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a frame got its answer.

    Attributes:
        lines: In words, one sentence each.
        label: The label that is explained; empty = nothing is learned, and all below is empty too.
        score, threshold: Of the label in this frame, in [0, 1].
        text: Cosine of its prompt; NaN = it has none.
        prompts: As they are encoded.
        nearest: Its examples nearest to the frame, best first, at most `SHOWN`.
    """

    lines: tuple[str, ...]
    label: str = ""
    score: float = 0.0
    threshold: float = 0.0
    text: float = float("nan")
    prompts: tuple[str, ...] = ()
    nearest: tuple[Neighbour, ...] = ()


def explain(
    last: LastDecision,
    memory: Memory,
    label: str,
    weights: Mapping[str, float],
) -> Explanation:
    """Which examples, prompts, weights and threshold decided.

    Args:
        last: The last frame.
        memory: As it was when the frame was answered.
        label: The label to explain, one of the evidence's; empty = the best one.
        weights: What each kind of evidence counts for this label, by name; empty where the rule has none.
    """
    decision, scores, settings = last.decision, last.scores, last.settings
    if decision.reason is Reason.UNKNOWN_NOTHING_LEARNED:
        return Explanation(
            ("The frame is unknown: nothing is learned yet. Register an object or set prompts.",)
        )
    label = label or scores.labels[ranking(last.evidence, scores)[0]]
    index = scores.labels.index(label)
    nearest = _nearest(last.observation.embedding, memory, settings, label)
    prompts = _prompts(label, memory, settings)
    lines = (
        _verdict(decision),
        _score(scores, index, settings),
        _image(last.evidence, memory, index, nearest),
        _text(last.evidence, index, prompts),
        *_weights(weights, settings),
        *_rivals(last.evidence, scores, index),
    )
    score, threshold = float(scores.score[index]), float(scores.threshold[index])
    text = float(last.evidence.text[index])
    return Explanation(lines, label, score, threshold, text, prompts, nearest[:SHOWN])


def _nearest(
    embedding: Array, memory: Memory, settings: RecognitionSettings, label: str
) -> tuple[Neighbour, ...]:
    """The label's examples, nearest first.

    The image evidence of the calibrated rule is the cosine with the mean of all of them, that of the late rule comes
    from those among the `k` nearest of all labels.
    """
    table = memory.table
    rows = table.rows(label)
    if not len(rows):
        return ()
    cosines = table.gather(rows) @ embedding
    late = settings.fuse == "late"
    counts = np.isin(rows, memory.search_rows(embedding, settings.k)[0] if late else rows)
    parts = np.where(counts, np.maximum(cosines, 0.0), 0.0)
    shares = parts / max(float(parts.sum()), 1e-9)
    return tuple(
        Neighbour(table.key(int(rows[i])), float(cosines[i]), float(shares[i])) for i in np.argsort(-cosines)
    )


def _prompts(label: str, memory: Memory, settings: RecognitionSettings) -> tuple[str, ...]:
    """The label's prompts as they are encoded; none where it has none."""
    if label not in memory.prompts:
        return ()
    return tuple(texts_of(label, memory.prompts[label], settings.prompt_templates))


def _verdict(decision: Decision) -> str:
    if decision.known:
        return f"The frame shows '{decision.label}', with a score of {decision.score:.2f}."
    return f"The frame is unknown: {decision.reason.words}."


def _score(scores: Scores, index: int, settings: RecognitionSettings) -> str:
    label, score, threshold = scores.labels[index], scores.score[index], scores.threshold[index]
    if not settings.open_set:
        return f"'{label}' scores {score:.2f}; there is no threshold, since open_set is off."
    side = "at least" if score >= threshold else "below"
    meaning = (
        f"chosen so that {settings.open_set_threshold:.0%} of the frames of known objects fall below it"
        if settings.fuse == "calibrated"
        else "the parameter open_set_threshold"
    )
    return f"'{label}' scores {score:.2f}, {side} its threshold of {threshold:.2f} ({meaning})."


def _image(evidence: Evidence, memory: Memory, index: int, nearest: Sequence[Neighbour]) -> str:
    label = evidence.labels[index]
    count, negatives = memory.table.count(label), memory.table.negatives(label)
    if not count:
        return f"The memory says nothing of it: there is no example of '{label}'."
    first = ", ".join(f"id {one.example} (cosine {one.cosine:.2f})" for one in nearest[:NEAREST])
    against = f", and {negatives} against it" if negatives else ""
    return f"The memory has {count} for it{against}; image evidence {evidence.image[index]:.2f}; nearest: {first}."


def _text(evidence: Evidence, index: int, prompts: Sequence[str]) -> str:
    label = evidence.labels[index]
    if not prompts:
        return f"The text says nothing of it: '{label}' has no prompt."
    return f"The text has a cosine of {evidence.text[index]:.2f} with “{'”, “'.join(prompts)}”."


def _weights(weights: Mapping[str, float], settings: RecognitionSettings) -> list[str]:
    if not weights:
        return []
    parts = ", ".join(f"{name} {weight:.2f}" for name, weight in weights.items())
    return [f"Weights: {parts} (alpha_fusion {settings.alpha_fusion:g}, fuse {settings.fuse})."]


def _rivals(evidence: Evidence, scores: Scores, index: int) -> list[str]:
    order = [i for i in ranking(evidence, scores) if i != index][:2]
    rivals = [f"'{scores.labels[i]}' {scores.score[i]:.2f}" for i in order]
    if scores.unknown > 0:
        rivals.append(f"none of these {scores.unknown:.2f}")
    return [f"Against it: {', '.join(rivals)}."] if rivals else []
