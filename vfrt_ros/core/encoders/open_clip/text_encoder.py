# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Text by models of open_clip. Loaded by the first text that it must encode."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from vfrt_ros.core.encoders.embedded.packaged import versions
from vfrt_ros.core.encoders.open_clip.files import find_open_clip
from vfrt_ros.core.encoders.open_clip.image_encoder import OpenClipBackbone
from vfrt_ros.core.encoders.open_clip.model import OpenClipModel
from vfrt_ros.core.encoders.runtimes.base import Network
from vfrt_ros.core.encoders.text_tower import TextTower


class OpenClipText(TextTower):
    """A text tower of open_clip; `name` is `open_clip:<architecture>[@<pretrained tag or folder>]`."""

    own = "open_clip_text"
    family = OpenClipBackbone
    kind = "an open_clip"
    model: OpenClipModel

    def find(self, name: str, model_path: str, allow_download: bool) -> OpenClipModel:
        """See `TextTower.find`."""
        return OpenClipModel(find_open_clip(name, model_path, allow_download))

    def network(self) -> Network:
        """See `TextTower.network`."""
        model = self.model
        return Network(
            name="open_clip_text",
            digest=model.weights,
            build=lambda: _build(model),
            example=(np.ones((2, model.tokens), np.int64),),
            dynamic=((0,),),
            library=versions("torch", "open_clip_torch", "timm"),
        )

    @cached_property
    def _tokenizer(self) -> Any:
        return self.model.tokenizer()

    def tokenise(self, texts: list[str]) -> tuple[np.ndarray, ...]:
        """See `TextTower.tokenise`: ids."""
        return (np.asarray(self._tokenizer(texts, context_length=self.model.tokens), np.int64),)


def _build(model: OpenClipModel) -> Any:
    """A module of (n, tokens) ids to (n, d)."""
    import torch
    from torch import nn

    whole = model.load()

    class OpenClipTextModule(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.whole = whole
            self.whole.visual = nn.Identity()

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.whole.encode_text(ids)
            return found

    return OpenClipTextModule().eval()
