# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Text by models of open_clip. Loaded by the first text that it must encode."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from vfrt_ros.core.encoders.device import choose_device
from vfrt_ros.core.encoders.embedded.packaged import versions
from vfrt_ros.core.encoders.fingerprint import fingerprint
from vfrt_ros.core.encoders.open_clip.files import find_open_clip
from vfrt_ros.core.encoders.open_clip.image_encoder import OpenClipBackbone
from vfrt_ros.core.encoders.open_clip.model import OpenClipModel
from vfrt_ros.core.encoders.runtimes.base import Network, Runtime
from vfrt_ros.core.encoders.runtimes.choose import choose_runtime
from vfrt_ros.core.types.errors import EncoderError

_VERSION = 1
_BATCH = 32


class OpenClipText:
    """A text tower of open_clip, always in float32: it runs only when prompts change.

    Args:
        name: `open_clip:<architecture>[@<pretrained tag or folder>]`, or empty for the backbone's own tower.
        backbone: The `OpenClipBackbone` to share files with.
        device, runtime, model_path, allow_download: As for `OpenClipBackbone`.

    Raises:
        EncoderError: The weights are not to be had, or there is no backbone to share with.
    """

    def __init__(
        self,
        name: str = "",
        backbone: Any = None,
        device: str = "auto",
        runtime: str = "auto",
        model_path: str = "",
        allow_download: bool = False,
        **_: Any,
    ) -> None:
        if not name and not isinstance(backbone, OpenClipBackbone):
            raise EncoderError(
                "text_encoder 'open_clip_text' is the text part of an open_clip backbone, got backbone "
                f"'{getattr(backbone, 'id', None)}'; use text_encoder 'auto'"
            )
        self.id = name or "open_clip_text"
        self._model = (
            OpenClipModel(find_open_clip(name, model_path, allow_download)) if name else backbone.model
        )
        self.dim, self.space = self._model.dim, self._model.weights
        digest = f"{self._model.weights} {self._model.text_digest}"
        self.fingerprint = fingerprint(digest, precision="f32", version=_VERSION)
        self._choice = choose_runtime(_network(self._model), runtime, choose_device(device), "f32")

    @cached_property
    def _runtime(self) -> Runtime:
        return self._choice.load()

    @cached_property
    def _tokenizer(self) -> Any:
        return self._model.tokenizer()

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """See `TextEncoder.encode_text`. A text longer than the model takes is cut."""
        vectors = np.empty((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), _BATCH):
            part = list(texts[start : start + _BATCH])
            ids = self._tokenizer(part, context_length=self._model.tokens)
            vectors[start : start + _BATCH] = self._runtime.run(np.asarray(ids, np.int64))[0]
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _network(model: OpenClipModel) -> Network:
    return Network(
        name="open_clip_text",
        digest=model.weights,
        build=lambda: _build(model),
        example=(np.ones((2, model.tokens), np.int64),),
        dynamic=((0,),),
        library=versions("torch", "open_clip_torch", "timm"),
    )


def _build(model: OpenClipModel) -> Any:
    """A module of (n, tokens) ids to (n, d)."""
    import torch
    from torch import nn

    whole = model.load()

    class Text(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.whole = whole
            self.whole.visual = nn.Identity()

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.whole.encode_text(ids)
            return found

    return Text().eval()
