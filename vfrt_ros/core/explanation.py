"""Why a frame got its answer, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vfrt_ros.core.decision import Decision, Reason
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.observation import Observation
from vfrt_ros.core.prompts import texts_of
from vfrt_ros.core.scoring.evidence import Evidence, Scores
from vfrt_ros.core.settings import RecognitionSettings

NEAREST = 3


@dataclass(frozen=True, slots=True)
class Answered:
    """The last frame with everything that led to its answer."""

    observation: Observation
    evidence: Evidence
    scores: Scores
    decision: Decision


def explain(
    answered: Answered,
    memory: Memory,
    settings: RecognitionSettings,
    label: str,
    weights: Mapping[str, float],
) -> list[str]:
    """Sentences that say which examples, prompts, weights and threshold decided.

    Args:
        answered: The last frame.
        memory: As it was when the frame was answered.
        settings: Likewise.
        label: The label to explain, one of the evidence's; empty = the best one.
        weights: What each kind of evidence counts for this label, by name; empty where the rule has none.
    """
    decision, scores = answered.decision, answered.scores
    if decision.reason is Reason.UNKNOWN_NOTHING_LEARNED:
        return ["The frame is unknown: nothing is learned yet. Register an object or set prompts."]
    label = label or scores.labels[int(np.argmax(scores.score))]
    index = scores.labels.index(label)
    return [
        _verdict(decision),
        _score(scores, index, settings),
        *_image(answered, memory, index),
        *_text(answered.evidence, memory, settings, index),
        *_weights(weights, settings),
        *_rivals(scores, index),
    ]


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


def _image(answered: Answered, memory: Memory, index: int) -> list[str]:
    label = answered.evidence.labels[index]
    count, negatives = memory.count(label), memory.negatives(label)
    if not count:
        return [f"The memory says nothing of it: there is no example of '{label}'."]
    examples = [example for example in memory.examples(label) if not example.negative]
    cosines = np.stack([example.embedding for example in examples]) @ answered.observation.embedding
    nearest = ", ".join(
        f"id {examples[i].id} (cosine {cosines[i]:.2f})" for i in np.argsort(-cosines)[:NEAREST]
    )
    against = f", and {negatives} against it" if negatives else ""
    value = answered.evidence.image[index]
    return [f"The memory has {count} for it{against}; image evidence {value:.2f}; nearest: {nearest}."]


def _text(evidence: Evidence, memory: Memory, settings: RecognitionSettings, index: int) -> list[str]:
    label = evidence.labels[index]
    if label not in memory.prompts:
        return [f"The text says nothing of it: '{label}' has no prompt."]
    own = texts_of(label, memory.prompts[label], settings.prompt_templates)
    return [f"The text has a cosine of {evidence.text[index]:.2f} with “{'”, “'.join(own)}”."]


def _weights(weights: Mapping[str, float], settings: RecognitionSettings) -> list[str]:
    if not weights:
        return []
    parts = ", ".join(f"{name} {weight:.2f}" for name, weight in weights.items())
    return [f"Weights: {parts} (alpha_fusion {settings.alpha_fusion:g}, fuse {settings.fuse})."]


def _rivals(scores: Scores, index: int) -> list[str]:
    order = [i for i in np.argsort(-scores.score) if i != index][:2]
    rivals = [f"'{scores.labels[i]}' {scores.score[i]:.2f}" for i in order]
    if scores.unknown > 0:
        rivals.append(f"none of these {scores.unknown:.2f}")
    return [f"Against it: {', '.join(rivals)}."] if rivals else []
