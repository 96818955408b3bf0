# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Text by CLIP and SigLIP models in Hugging Face's format. Loaded by the first text that it must encode."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from vfrt_ros.core.encoders.clip.files import find_model
from vfrt_ros.core.encoders.clip.image_encoder import HfBackbone
from vfrt_ros.core.encoders.clip.model import HfModel
from vfrt_ros.core.encoders.embedded.packaged import versions
from vfrt_ros.core.encoders.runtimes.base import Network
from vfrt_ros.core.encoders.text_tower import TextTower
from vfrt_ros.core.types.errors import EncoderError, first_line


class HfText(TextTower):
    """A CLIP or SigLIP text tower; `name` is `hf:<model id or folder>`, or one of the catalogue."""

    own = "clip_text"
    family = HfBackbone
    kind = "a CLIP or SigLIP"
    model: HfModel

    def find(self, name: str, model_path: str, allow_download: bool) -> HfModel:
        """See `TextTower.find`."""
        return HfModel(find_model(name, model_path, allow_download))

    def network(self) -> Network:
        """See `TextTower.network`."""
        model = self.model
        example = np.ones((2, model.facts.tokens), np.int64)
        return Network(
            name="hf_text",
            digest=model.weights,
            build=lambda: _build(model),
            example=(example, example),
            dynamic=((0,), (0,)),
            library=versions("torch", "transformers"),
        )

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        try:
            return AutoTokenizer.from_pretrained(self.model.folder, local_files_only=True)
        except Exception as error:
            raise EncoderError(
                f"the tokenizer in '{self.model.folder}' cannot be loaded: {first_line(error)}"
            ) from error

    def tokenise(self, texts: list[str]) -> tuple[np.ndarray, ...]:
        """See `TextTower.tokenise`: ids and mask."""
        tokens = self.model.facts.tokens
        if self.model.facts.model_type == "siglip":
            # SigLIP was trained on lower case, padded to the full length, without a mask.
            texts = [text.lower() for text in texts]
        # CLIP sees nothing behind the end of a text, so that padding changes no result.
        encoded = self._tokenizer(texts, padding="max_length", max_length=tokens, truncation=True)
        ids = np.asarray(encoded["input_ids"], np.int64)
        mask = encoded.get("attention_mask")
        return ids, np.ones_like(ids) if mask is None else np.asarray(mask, np.int64)


def _build(model: HfModel) -> Any:
    """A module of token ids and mask, (n, tokens) each, to (n, d)."""
    import torch
    from torch import nn

    whole = model.load()
    masked = model.facts.model_type == "clip"

    class HfTextModule(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tower = whole.text_model
            self.projection = getattr(whole, "text_projection", nn.Identity())

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            out = self.tower(input_ids=ids, attention_mask=mask if masked else None)
            return self.projection(out.pooler_output)

    return HfTextModule().eval()
