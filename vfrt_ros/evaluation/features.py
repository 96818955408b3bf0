# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A data set as an encoder sees it: one row a picture, one text prototype a class."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.scoring.prompts import PROMPT_TEMPLATES, text_prototypes
from vfrt_ros.evaluation.dataset import Dataset, Picture, with_enough
from vfrt_ros.evaluation.embeddings import embed_files

Array = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Embedded pictures of c classes.

    Attributes:
        labels: c labels.
        train: (n, d) float32, unit norm; examples are drawn from it.
        train_labels: (n,) index into `labels`.
        test: (m, d) float32, unit norm; what is asked about.
        test_labels: (m,) index into `labels`.
        text: (c, d) float32, unit norm: the prototype of each label's prompts; zeros without a text encoder.
    """

    labels: tuple[str, ...]
    train: Array
    train_labels: Ints
    test: Array
    test_labels: Ints
    text: Array


def embed_dataset(
    dataset: Dataset,
    encoders: Encoders,
    *,
    shots: int = 0,
    templates: tuple[str, ...] = PROMPT_TEMPLATES,
    warn: Callable[[str], None] = _log.warning,
    progress: bool = False,
) -> tuple[Dataset, Features]:
    """Embed the pictures and labels of a data set.

    Args:
        dataset: What to embed.
        encoders: The backbone and its text encoder.
        shots: Examples of each label that the pictures have to be enough for.
        templates: Prompts made of a label; their mean is its prototype.
        warn: Gets one line for each picture that cannot be read, and each class that has too few others.
        progress: Show how far it is and the time left.

    Returns:
        The data set without them, and its features, in the same order.

    Raises:
        DatasetError: Fewer than two classes have enough.
    """
    paths = [picture.path for picture in (*dataset.train, *dataset.test)]
    rows = embed_files(paths, encoders.backbone, warn=warn, progress=progress)
    dataset = with_enough(
        replace(
            dataset,
            train=tuple(picture for picture in dataset.train if picture.path in rows),
            test=tuple(picture for picture in dataset.test if picture.path in rows),
        ),
        shots,
        warn=warn,
    )
    dim = encoders.backbone.dim

    def stack(pictures: tuple[Picture, ...]) -> Array:
        return np.stack([rows[p.path] for p in pictures]) if pictures else np.empty((0, dim), np.float32)

    features = Features(
        dataset.labels,
        stack(dataset.train),
        _indices(dataset.train, dataset.labels),
        stack(dataset.test),
        _indices(dataset.test, dataset.labels),
        _texts(dataset.labels, encoders, templates),
    )
    return dataset, features


def _texts(labels: tuple[str, ...], encoders: Encoders, templates: tuple[str, ...]) -> Array:
    """(c, d) prototypes; zeros for a backbone without a text encoder."""
    if not encoders.has_text:
        return np.zeros((len(labels), encoders.backbone.dim), np.float32)
    return text_prototypes(encoders.text, labels, templates=templates)


def _indices(pictures: tuple[Picture, ...], labels: tuple[str, ...]) -> Ints:
    index = {label: i for i, label in enumerate(labels)}
    return np.array([index[picture.label] for picture in pictures], np.int64)
