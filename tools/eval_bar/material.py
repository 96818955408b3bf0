# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Embedded pictures, and a background for the rule, on which the sensitivity of the constants is measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tools.eval_bar.clip import background as nouns
from tools.eval_bar.clip import halves
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.factory import encoder_settings
from vfrt_ros.core.scoring.background import BACKGROUND_PROMPTS, background_pictures
from vfrt_ros.core.scoring.prompts import encode_cached
from vfrt_ros.evaluation.dataset import DatasetError, load_dataset
from vfrt_ros.evaluation.features import Features, embed_dataset

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Embedded pictures and the rule's background.

    Attributes:
        name: For people.
        features: Of the data set.
        prompts: (m, d) float32 unit-norm embeddings of prompts for things in general.
        pictures: (p, d) float32 unit-norm embeddings of pictures of nothing, or None.
        ways: Labels that are taught in an episode.
        shots: Numbers of examples of each.
    """

    name: str
    features: Features
    prompts: Array
    pictures: Array | None
    ways: int
    shots: tuple[int, ...]


def grocery_material(folder: Path, every: int) -> Material:
    """The grocery photographs, embedded by `embedded`; of each class every n-th picture of `test` is asked about.

    Raises:
        DatasetError: The data are missing.
    """
    if not folder.is_dir():
        raise DatasetError(f"There are no photos in {folder}: make sensitivity GROCERIES=path")
    encoders = load_encoders(**encoder_settings(RecognitionSettings(backbone="embedded")))
    features = embed_dataset(load_dataset(folder, seed=0), encoders)[1]
    prompts = encode_cached(encoders.text, BACKGROUND_PROMPTS)
    pictures = encoders.backbone.encode_images(background_pictures())
    return Material("groceries", _thinned(features, every), prompts, pictures, ways=20, shots=(0, 1, 5))


def clip_material(path: Path, background: Path | None, every: int) -> Material:
    """Ready embeddings, each class halved by seed 0 into examples and questions.

    Args:
        path: Arrays `images` (n, d), `labels` (n,), `names` (c,) and `text` (c, d), unit norm.
        background: Array `text` (m, d), and `names` (m,) by which those in `BACKGROUND_PROMPTS` are chosen.
        every: Of the questions every n-th is asked.

    Raises:
        DatasetError: There is no background.
    """
    if background is None:
        raise DatasetError("Embeddings need a background: --background FILE.npz with text and names")
    features = halves(path, seed=0)
    return Material(path.stem, _thinned(features, every), nouns(background), None, ways=9, shots=(0, 1, 5))


def _thinned(features: Features, every: int) -> Features:
    order = np.argsort(features.test_labels, kind="stable")[::every]
    return replace(features, test=features.test[order], test_labels=features.test_labels[order])
