# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A text encoder whose network takes numbered tokens: batches, fingerprint, the choice of a runtime."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from vfrt_ros.core.encoders.device import choose_device
from vfrt_ros.core.encoders.fingerprint import fingerprint
from vfrt_ros.core.encoders.runtimes.base import Network, Runtime
from vfrt_ros.core.encoders.runtimes.choose import choose_runtime
from vfrt_ros.core.types.errors import EncoderError

_BATCH = 32


class TextTower:
    """A network of tokens, always in float32: it runs only when prompts change.

    It is loaded by the first text that it must encode.

    Args:
        name: What people call it.
        dim: Length of an embedding.
        weights: Digest of the weights.
        tokens: Digest of what turns a text into tokens.
        network: Maps what `tokenise` gives to (n, dim).
        version: Changes when the code around the weights changes what embeddings mean.
        device, runtime: As for `load_encoders`.
    """

    def __init__(
        self,
        name: str,
        *,
        dim: int,
        weights: str,
        tokens: str,
        network: Network,
        version: int,
        device: str = "auto",
        runtime: str = "auto",
        **_: Any,
    ) -> None:
        self.id, self.dim, self.space = name, dim, weights
        self.fingerprint = fingerprint(f"{weights} {tokens}", precision="f32", version=version)
        self._choice = choose_runtime(network, runtime, choose_device(device), "f32")

    @cached_property
    def _runtime(self) -> Runtime:
        return self._choice.load()

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """See `TextEncoder.encode_text`. A text longer than the model takes is cut."""
        vectors = np.empty((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), _BATCH):
            inputs = self.tokenise(list(texts[start : start + _BATCH]))
            vectors[start : start + _BATCH] = self._runtime.run(*inputs)[0]
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    @abstractmethod
    def tokenise(self, texts: list[str]) -> tuple[np.ndarray, ...]:
        """The inputs of the network.

        Args:
            texts: n texts.

        Returns:
            (n, tokens) int64 each.
        """


def require_backbone(backbone: Any, family: type, name: str, what: str) -> None:
    """Refuse to be the text part of a backbone of another family.

    Raises:
        EncoderError: It is not of the family.
    """
    if not isinstance(backbone, family):
        raise EncoderError(
            f"text_encoder '{name}' is the text part of {what} backbone, got backbone "
            f"'{getattr(backbone, 'id', None)}'; use text_encoder 'auto'"
        )
