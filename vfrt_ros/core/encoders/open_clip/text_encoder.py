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
from vfrt_ros.core.encoders.text_tower import TextTower, require_backbone

_VERSION = 1
_OWN = "open_clip_text"
"""The name of a backbone's own tower."""


class OpenClipText(TextTower):
    """A text tower of open_clip.

    Args:
        name: `open_clip:<architecture>[@<pretrained tag or folder>]`, or empty for the backbone's own tower.
        backbone: The `OpenClipBackbone` to share files with.
        model_path, allow_download: As for `OpenClipBackbone`.
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
            require_backbone(backbone, OpenClipBackbone, _OWN, "an open_clip")
        self._model = model = (
            OpenClipModel(find_open_clip(name, model_path, allow_download)) if name else backbone.model
        )
        super().__init__(
            name or _OWN,
            dim=model.dim,
            weights=model.weights,
            tokens=model.text_digest,
            network=_network(model),
            version=_VERSION,
            **run,
        )

    @cached_property
    def _tokenizer(self) -> Any:
        return self._model.tokenizer()

    def tokenise(self, texts: list[str]) -> tuple[np.ndarray, ...]:
        """See `TextTower.tokenise`: ids."""
        return (np.asarray(self._tokenizer(texts, context_length=self._model.tokens), np.int64),)


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

    class OpenClipTextModule(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.whole = whole
            self.whole.visual = nn.Identity()

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.whole.encode_text(ids)
            return found

    return OpenClipTextModule().eval()
