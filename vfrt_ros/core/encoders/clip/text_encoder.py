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
from vfrt_ros.core.encoders.text_tower import TextTower, require_backbone
from vfrt_ros.core.types.errors import EncoderError

_VERSION = 1
_OWN = "clip_text"
"""The name of a backbone's own tower."""


class HfText(TextTower):
    """A CLIP or SigLIP text tower.

    Args:
        name: `hf:<model id or folder>`, a name of the catalogue, or empty for the backbone's own tower.
        backbone: The `HfBackbone` to share files with.
        model_path, allow_download: As for `HfBackbone`.
        run: `device` and `runtime`, as for `load_encoders`.

    Raises:
        EncoderError: The weights are not to be had, or there is no backbone to share with.
    """

    def __init__(
        self,
        name: str = "",
        backbone: Any = None,
        model_path: str = "",
        allow_download: bool = False,
        **run: Any,
    ) -> None:
        if not name:
            require_backbone(backbone, HfBackbone, _OWN, "a CLIP or SigLIP")
        self._model = model = (
            HfModel(find_model(name, model_path, allow_download)) if name else backbone.model
        )
        super().__init__(
            name or _OWN,
            dim=model.facts.dim,
            weights=model.weights,
            tokens=model.text_digest,
            network=_network(model),
            version=_VERSION,
            **run,
        )

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        try:
            return AutoTokenizer.from_pretrained(self._model.folder, local_files_only=True)
        except Exception as error:
            raise EncoderError(
                f"the tokenizer in '{self._model.folder}' cannot be loaded: {error}"
            ) from error

    def tokenise(self, texts: list[str]) -> tuple[np.ndarray, ...]:
        """See `TextTower.tokenise`: ids and mask."""
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

    class HfTextModule(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tower = whole.text_model
            self.projection = getattr(whole, "text_projection", nn.Identity())

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            out = self.tower(input_ids=ids, attention_mask=mask if masked else None)
            return self.projection(out.pooler_output)

    return HfTextModule().eval()
