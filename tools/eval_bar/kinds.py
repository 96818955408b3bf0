# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Several things of one kind, each with the prompt of its kind: prompts that cannot tell them apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from vfrt_ros.core.encoders.protocols import TextEncoder
from vfrt_ros.core.scoring.prompts import text_prototypes
from vfrt_ros.evaluation.dataset import Dataset
from vfrt_ros.evaluation.features import Features

LEAST = 3
"""Labels of a kind."""


def of_one_kind(
    features: Features, things: Dataset, kinds: Dataset, text: TextEncoder, templates: tuple[str, ...]
) -> Features:
    """The labels whose kind has at least `LEAST` of them, with the prompts of their kinds.

    Args:
        features: Of `things`.
        things: By label.
        kinds: The same pictures by kind.
        text: Encodes the prompts.
        templates: Prompts made of a kind.
    """
    by_path = {picture.path: picture.label for picture in (*kinds.train, *kinds.test)}
    kind_of = {picture.label: by_path[picture.path] for picture in (*things.train, *things.test)}
    sizes = Counter(kind_of[label] for label in features.labels)
    kept = [i for i, label in enumerate(features.labels) if sizes[kind_of[label]] >= LEAST]
    place = np.full(len(features.labels), -1)
    place[kept] = np.arange(len(kept))
    train, test = place[features.train_labels], place[features.test_labels]
    labels = tuple(features.labels[i] for i in kept)
    return replace(
        features,
        labels=labels,
        train=features.train[train >= 0],
        train_labels=train[train >= 0],
        test=features.test[test >= 0],
        test_labels=test[test >= 0],
        text=text_prototypes(text, [kind_of[label] for label in labels], templates=templates),
    )
