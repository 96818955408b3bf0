# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Embeddings of real photographs by trained CLIP models, ready on disk: the rules in a true CLIP space."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.scoring.background import BACKGROUND_PROMPTS
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.types.errors import words_of
from vfrt_ros.evaluation.baselines import BASELINES
from vfrt_ros.evaluation.dataset import DatasetError
from vfrt_ros.evaluation.episodes import Episode, answer_baseline, answer_rule, episodes, teach
from vfrt_ros.evaluation.features import Features
from vfrt_ros.evaluation.methods import Method
from vfrt_ros.evaluation.outcome import Outcome, outcome_of
from vfrt_ros.evaluation.run import Outcomes, Plan

Array = npt.NDArray[np.float32]

MODELS = {"CLIP ViT-B/32": "vit_b32", "CLIP ViT-L/14": "vit_l14", "CLIP RN50": "rn50"}
PICTURES = "whurs19_clip_{}.npz"
NOUNS, WITH_NOUNS = "nouns_clip_vit_b32.npz", "vit_b32"
BY_PROMPTS_ALONE = ("text", "ncm+text")


@dataclass(frozen=True, slots=True, eq=False)
class ClipSet:
    """Embedded photographs of one model.

    Attributes:
        name: For people.
        features: Halves of each class.
        background: (m, d) float32 unit-norm embeddings of prompts for things in general; None = without prompts.
    """

    name: str
    features: Features
    background: Array | None

    def run(self, plan: Plan, settings: RecognitionSettings) -> Outcomes:
        """Do the episodes of a plan, in this process.

        Args:
            plan: What to do; methods that are about prompts are left out where there are none.
            settings: Of the rule.
        """
        methods = [one for one in plan.methods if self.background is not None or _without_prompts(one)]
        found: Outcomes = {method: {shots: [] for shots in plan.shots} for method in methods}
        for shots in plan.shots:
            for episode in episodes(self.features, plan.ways, shots, plan.count, plan.seed):
                for method in methods:
                    found[method][shots].append(self._ask(method, episode, settings))
        return found

    def _ask(self, method: Method, episode: Episode, settings: RecognitionSettings) -> Outcome:
        if self.background is None:
            episode = replace(episode, text=np.zeros_like(episode.text))
        if not method.is_rule:
            return outcome_of(answer_baseline(BASELINES[method.name], episode), episode, decides=False)
        rule = CalibratedRule(settings)
        if self.background is not None:
            rule.set_background(self.background)
        teach(rule, episode, text=method.text and self.background is not None)
        return outcome_of(answer_rule(rule, episode), episode, decides=True)


def clip_sets(folder: Path, seed: int) -> list[ClipSet]:
    """ViT-B/32 with prompts, and all three models without.

    Args:
        folder: Has the `.npz` of each model.
        seed: Halves each class into examples and questions.

    Raises:
        DatasetError: A file is missing or is not what it should be.
    """
    every = {name: halves(folder / PICTURES.format(model), seed) for name, model in MODELS.items()}
    with_nouns = next(name for name, model in MODELS.items() if model == WITH_NOUNS)
    return [
        ClipSet(with_nouns, every[with_nouns], background(folder / NOUNS)),
        *(ClipSet(f"{name} without prompts", features, None) for name, features in every.items()),
    ]


def halves(path: Path, seed: int) -> Features:
    """Ready embeddings, each class halved.

    Args:
        path: Arrays `images` (n, d), `labels` (n,), `names` (c,) and `text` (c, d).
        seed: Of the halves; the first, for examples, is the larger where their number is odd.

    Raises:
        DatasetError: The file is missing or lacks an array.
    """
    data = arrays(path, "images", "labels", "names", "text")
    images, labels = unit(data["images"]), data["labels"].astype(np.int64)
    random = np.random.default_rng(seed)
    learned = np.zeros(len(labels), bool)
    for label in range(len(data["names"])):
        own = np.flatnonzero(labels == label)
        learned[random.permutation(own)[: (len(own) + 1) // 2]] = True
    names = tuple(str(name) for name in data["names"])
    return Features(
        names, images[learned], labels[learned], images[~learned], labels[~learned], unit(data["text"])
    )


def background(path: Path) -> Array:
    """(m, d) float32 embeddings of those prompts for things in general that a file has.

    Args:
        path: Arrays `text` (n, d), of "a {name}", and `names` (n,).

    Raises:
        DatasetError: The file is missing or lacks an array.
    """
    words = arrays(path, "text", "names")
    nouns = {prompt.removeprefix("a photo of a ") for prompt in BACKGROUND_PROMPTS}
    return unit(words["text"][[name in nouns for name in words["names"].tolist()]])


def arrays(path: Path, *names: str) -> dict[str, npt.NDArray[Any]]:
    """Arrays of an `.npz`.

    Args:
        path: The file.
        names: What it has to have.

    Raises:
        DatasetError: It is missing or lacks one.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            return {name: data[name] for name in names}
    except (OSError, ValueError, KeyError) as error:
        raise DatasetError(
            f"Expected embeddings with {', '.join(names)} in {path}: {words_of(error)}."
        ) from error


def unit(rows: npt.NDArray[Any]) -> Array:
    """(n, d) rows of any float type as float32, brought to unit norm.

    Args:
        rows: (n, d), none of them 0.
    """
    rows = rows.astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)


def _without_prompts(method: Method) -> bool:
    return method.text and method.name not in BY_PROMPTS_ALONE
