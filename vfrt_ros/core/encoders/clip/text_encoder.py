# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Text by CLIP and SigLIP models in Hugging Face's format. Loaded by the first text that it must encode."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from vfrt_ros.core.encoders.clip.files import find_model
from vfrt_ros.core.encoders.clip.image_encoder import HfBackbone
from vfrt_ros.core.encoders.clip.model import HfModel
from vfrt_ros.core.encoders.device import choose_device
from vfrt_ros.core.encoders.embedded.packaged import versions
from vfrt_ros.core.encoders.fingerprint import fingerprint
from vfrt_ros.core.encoders.runtimes.base import Network, Runtime
from vfrt_ros.core.encoders.runtimes.choose import choose_runtime
from vfrt_ros.core.types.errors import EncoderError

_VERSION = 1
_BATCH = 32


class HfText:
    """A CLIP or SigLIP text tower, always in float32: it runs only when prompts change.

    Args:
        name: `hf:<model id or folder>`, a name of the catalogue, or empty for the backbone's own tower.
        backbone: the `HfBackbone` to share files with.
        device, runtime, model_path, allow_download: as for `HfBackbone`.

    Raises:
        EncoderError: the weights are not to be had, or there is no backbone to share with.
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
        if not name and not isinstance(backbone, HfBackbone):
            raise EncoderError(
                "text_encoder 'clip_text' is the text part of a CLIP or SigLIP backbone, got backbone "
                f"'{getattr(backbone, 'id', None)}'; use text_encoder 'auto'"
            )
        self.id = name or "clip_text"
        self._model = HfModel(find_model(name, model_path, allow_download)) if name else backbone.model
        facts = self._model.facts
        self.dim, self.space = facts.dim, self._model.weights
        digest = f"{self._model.weights} {self._model.text_digest}"
        self.fingerprint = fingerprint(digest, precision="f32", version=_VERSION)
        self._choice = choose_runtime(_network(self._model), runtime, choose_device(device), "f32")

    @cached_property
    def _runtime(self) -> Runtime:
        return self._choice.load()

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        try:
            return AutoTokenizer.from_pretrained(self._model.folder, local_files_only=True)
        except Exception as error:
            raise EncoderError(
                f"the tokenizer in '{self._model.folder}' cannot be loaded: {error}"
            ) from error

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """See `TextEncoder.encode_text`. A text longer than the model takes is cut."""
        vectors = np.empty((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), _BATCH):
            ids, mask = self._tokenize(list(texts[start : start + _BATCH]))
            vectors[start : start + _BATCH] = self._runtime.run(ids, mask)[0]
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def _tokenize(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        tokens = self._model.facts.tokens
        if self._model.facts.model_type == "siglip":
            # SigLIP was trained on lower case, padded to the full length, without a mask.
            texts = [text.lower() for text in texts]
        # CLIP sees nothing behind the end of a text, so that padding changes no result.
        encoded = self._tokenizer(texts, padding="max_length", max_length=tokens, truncation=True)
        ids = np.asarray(encoded["input_ids"], np.int64)
        mask = encoded.get("attention_mask")
        return ids, np.ones_like(ids) if mask is None else np.asarray(mask, np.int64)


def _network(model: HfModel) -> Network:
    tokens = model.facts.tokens
    example = np.ones((2, tokens), np.int64)
    return Network(
        name="hf_text",
        digest=model.weights,
        build=lambda: _build(model),
        example=(example, example),
        dynamic=((0,), (0,)),
        library=versions("torch", "transformers"),
    )


def _build(model: HfModel) -> Any:
    """A module of token ids and mask, (n, tokens) each, to (n, d)."""
    import torch
    from torch import nn

    whole = model.load()
    masked = model.facts.model_type == "clip"

    class Text(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tower = whole.text_model
            self.projection = getattr(whole, "text_projection", nn.Identity())

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            out = self.tower(input_ids=ids, attention_mask=mask if masked else None)
            return self.projection(out.pooler_output)

    return Text().eval()
