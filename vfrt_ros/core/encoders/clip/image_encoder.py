# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures by CLIP and SigLIP models in Hugging Face's format.

Source: Radford et al. 2021 (arXiv:2103.00020), Zhai et al. 2023 (arXiv:2303.15343).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vfrt_ros.core.encoders.clip.files import find_model
from vfrt_ros.core.encoders.clip.model import HfFacts, HfModel
from vfrt_ros.core.encoders.device import choose_device
from vfrt_ros.core.encoders.embedded.packaged import versions
from vfrt_ros.core.encoders.fingerprint import embedding_space, fingerprint
from vfrt_ros.core.encoders.photographs import photographs
from vfrt_ros.core.encoders.runtimes.base import Network
from vfrt_ros.core.encoders.runtimes.choose import choose_runtime
from vfrt_ros.core.types.errors import EncoderError

_VERSION = 1
_BATCH = 8


class HfBackbone:
    """A CLIP or SigLIP picture tower.

    Args:
        name: of the catalogue, or `hf:<model id or folder>`.
        device, runtime, precision: as for `load_encoders`.
        model_path: folder that is looked into before the cache.
        allow_download: whether the hub may be asked.
        img_size: side of the network's input; another than its own interpolates the position embedding,
            must be a multiple of the patch, and costs accuracy. 0 is its own.

    Raises:
        EncoderError: the weights are not to be had, or of another family.
    """

    partner = "clip_text"

    def __init__(
        self,
        name: str,
        device: str = "auto",
        runtime: str = "auto",
        precision: str = "auto",
        model_path: str = "",
        allow_download: bool = False,
        img_size: int = 0,
        **_: Any,
    ) -> None:
        self.id = name
        self.model = HfModel(find_model(name, model_path, allow_download))
        facts = self.model.facts
        self.dim, self.space = facts.dim, self.model.weights
        self.device = choose_device(device)
        side = _check_side(name, img_size, facts)
        self._preprocess = self.model.preprocess.resized(side)
        digest = f"{self.model.weights} {self._preprocess}"
        self.choice = choose_runtime(self._network(side, digest), runtime, self.device, precision)
        self.fingerprint = fingerprint(digest, precision=self.choice.precision, version=_VERSION)
        self.embedding_space, self.former_spaces = embedding_space(
            digest, precision=self.choice.precision, version=_VERSION
        )
        self._runtime = self.choice.load()

    def encode_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """See `Backbone.encode_images`."""
        vectors = np.empty((len(images), self.dim), np.float32)
        for start in range(0, len(images), _BATCH):
            squares = np.stack([self._preprocess.square(image) for image in images[start : start + _BATCH]])
            vectors[start : start + _BATCH] = self._runtime.run(squares)[0]
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def _network(self, side: int, digest: str) -> Network:
        square = self._preprocess.square
        return Network(
            name="hf_vision_pooled",
            digest=digest,
            build=lambda: _build(self.model, side),
            example=(np.zeros((1, side, side, 3), np.uint8),),
            dynamic=((0,),),
            library=versions("torch", "transformers"),
            trial=lambda: [(square(picture)[None],) for picture in photographs()],
        )


def _check_side(name: str, side: int, facts: HfFacts) -> int:
    if side in (0, facts.side):
        # Its own need not be a multiple: siglip_so400m takes 384 pixels in patches of 14.
        return facts.side
    if side % facts.patch or not facts.patch <= side <= 1024:
        raise EncoderError(
            f"img_size of {name}: expected 0 or a multiple of its patch, {facts.patch}, got {side}"
        )
    return side


def _build(model: HfModel, side: int) -> Any:
    """A module of (n, side, side, 3) uint8 RGB to (n, d): bytes to numbers, then the picture tower."""
    import torch
    from torch import nn

    from vfrt_ros.core.encoders.clip.pooled_tower import pooled_tower

    whole = model.load()
    other_side = side != model.facts.side
    values = model.preprocess
    centre = [mean / values.scale for mean in values.mean]
    spread = [std / values.scale for std in values.std]

    class Vision(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tower = pooled_tower(model.facts.model_type, whole.vision_model)
            self.projection = getattr(whole, "visual_projection", nn.Identity())

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            # Constants are made here, in float32, so that a half-precision module does not round them.
            planes = pixels.permute(0, 3, 1, 2).float()
            planes = planes - torch.tensor(centre, device=planes.device).view(1, 3, 1, 1)
            planes = planes / torch.tensor(spread, device=planes.device).view(1, 3, 1, 1)
            return self.projection(self.tower(planes.to(next(self.parameters()).dtype), other_side))

    return Vision().eval()
