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

    It is loaded by the first text that it must encode. A subclass says how the model of a name is found, what its
    network is, and how it numbers the tokens of texts.

    Args:
        name: Of a model, with its family's prefix; empty = the backbone's own tower.
        backbone: Of the same family, to share files with.
        model_path: Folder that is looked into before the cache.
        allow_download: Whether the hub may be asked.
        device, runtime: As for `load_encoders`.

    Raises:
        EncoderError: The weights are not to be had, or there is no backbone to share with.
    """

    own: str
    """The name of a backbone's own tower."""
    family: type
    """The backbones that have one."""
    kind: str
    """The family for people, with its article."""
    version = 1
    """Changes when the code around the weights changes what embeddings mean."""

    def __init__(
        self,
        name: str = "",
        backbone: Any = None,
        model_path: str = "",
        allow_download: bool = False,
        *,
        device: str = "auto",
        runtime: str = "auto",
        **_: Any,
    ) -> None:
        if not name and not isinstance(backbone, self.family):
            raise EncoderError(
                f"text_encoder '{self.own}' is the text part of {self.kind} backbone, got backbone "
                f"'{getattr(backbone, 'id', None)}'; use text_encoder 'auto'"
            )
        self.model = self.find(name, model_path, allow_download) if name else backbone.model
        self.id, self.dim, self.space = name or self.own, self.model.dim, self.model.weights
        digest = f"{self.space} {self.model.text_digest}"
        self.fingerprint = fingerprint(digest, precision="f32", version=self.version)
        self._choice = choose_runtime(self.network(), runtime, choose_device(device), "f32")

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
    def find(self, name: str, model_path: str, allow_download: bool) -> Any:
        """The model of a name: its `dim`, `weights` and `text_digest`; arguments and errors as for the class."""

    @abstractmethod
    def network(self) -> Network:
        """The network that maps what `tokenise` gives to (n, d)."""

    @abstractmethod
    def tokenise(self, texts: list[str]) -> tuple[np.ndarray, ...]:
        """The inputs of the network.

        Args:
            texts: n texts.

        Returns:
            (n, tokens) int64 each.
        """
