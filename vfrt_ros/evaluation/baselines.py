# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The published few-shot rules, as small functions over the same features.

Each takes (n, d) float32 unit-norm examples, their (n,) labels 0 … c−1, the (c, d) text prototypes and (m, d)
queries, and returns (m, c) logits; the largest is the answer, and its size the familiarity.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Baseline = Callable[[Array, Ints, Array, Array], Floats]


def late(
    examples: Array, labels: Ints, text: Array, queries: Array, *, k: int = 8, alpha: float = 0.7
) -> Floats:
    """`fuse: late` at its defaults, vectorised: the mean cosine of a label's examples among the `k` nearest."""
    if not len(examples):
        return text_only(examples, labels, text, queries)
    cosines = queries @ examples.T
    k = min(k, len(examples))
    near = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
    row = np.arange(len(queries))[:, None]
    total, count = np.zeros((2, len(queries), len(text)))
    np.add.at(total, (row, labels[near]), np.take_along_axis(cosines, near, axis=1))
    np.add.at(count, (row, labels[near]), 1.0)
    return np.asarray(alpha * total / np.maximum(count, 1.0) + (1.0 - alpha) * (queries @ text.T), np.float64)


def text_only(examples: Array, labels: Ints, text: Array, queries: Array) -> Floats:
    """Zero-shot: cosine with the prompt (Radford et al. 2021)."""
    return np.asarray(queries @ text.T, np.float64)


def nearest_class_mean(
    examples: Array, labels: Ints, text: Array, queries: Array, *, text_weight: float = 0.0
) -> Floats:
    """Cosine with the mean of the label's examples (Mensink et al. 2013), plus that with its prompt."""
    means = class_means(examples, labels, len(text))
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    return np.asarray(queries @ means.T + text_weight * (queries @ text.T), np.float64)


def nearest_example(examples: Array, labels: Ints, text: Array, queries: Array) -> Floats:
    """Cosine with the label's nearest example."""
    cosines = queries @ examples.T
    return np.stack([cosines[:, labels == c].max(axis=1) for c in range(len(text))], axis=1).astype(
        np.float64
    )


def tip_adapter(
    examples: Array, labels: Ints, text: Array, queries: Array, *, beta: float = 5.0, alpha: float = 1.0
) -> Floats:
    """``α Σ exp(−β (1 − cosine)) + cosine with the prompt``, training-free (Zhang et al. 2022, eq. 6)."""
    affinity = np.exp(-beta * (1.0 - queries @ examples.T)).astype(np.float64)
    return np.asarray(alpha * affinity @ np.eye(len(text))[labels] + queries @ text.T)


def gda(examples: Array, labels: Ints, text: Array, queries: Array, *, ridge: float = 1.0) -> Floats:
    """Class means under one covariance with a ridge of `ridge` times its mean variance, no text.

    Source: Wang et al., "A Hard-to-Beat Baseline for Training-free CLIP-based Adaptation", ICLR 2024, eq. 4;
    with one example a label there is no covariance, and the metric is the cosine's.
    """
    means = class_means(examples, labels, len(text))
    centred = examples - means[labels]
    scatter = centred.T @ centred
    d, variance = examples.shape[1], np.trace(scatter) / examples.shape[1]
    covariance = scatter + ridge * variance * np.eye(d) if variance > 1e-12 else np.eye(d)
    weights = np.linalg.solve(covariance, means.T).T * (variance if variance > 1e-12 else 1.0)
    return np.asarray(queries @ weights.T - 0.5 * (weights * means).sum(axis=1))


def class_means(examples: Array, labels: Ints, count: int) -> Floats:
    """(count, d) float64 means of the examples of each label."""
    means = np.zeros((count, examples.shape[1]))
    np.add.at(means, labels, examples)
    return means / np.maximum(np.bincount(labels, minlength=count), 1)[:, None]


BASELINES: dict[str, Baseline] = {
    "late": late,
    "text": text_only,
    "ncm": nearest_class_mean,
    "ncm+text": partial(nearest_class_mean, text_weight=0.25),
    "knn": nearest_example,
    "tip": tip_adapter,
    "gda": gda,
}
