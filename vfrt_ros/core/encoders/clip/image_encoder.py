# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures by CLIP and SigLIP models in Hugging Face's format.

Source: Radford et al. 2021 (arXiv:2103.00020), Zhai et al. 2023 (arXiv:2303.15343).
"""

from __future__ import annotations

from typing import Any

from vfrt_ros.core.encoders.clip.files import find_model
from vfrt_ros.core.encoders.clip.model import HfModel
from vfrt_ros.core.encoders.embedded.packaged import versions
from vfrt_ros.core.encoders.square_backbone import PictureTower, SquareBackbone, checked_side, normalised


class HfBackbone(SquareBackbone):
    """A CLIP or SigLIP picture tower; `name` is one of the catalogue, or `hf:<model id or folder>`.

    `img_size`: another side than its own interpolates the position embedding, must be a multiple of the patch, and
    costs accuracy.
    """

    partner = "clip_text"

    def find(self, name: str, model_path: str, allow_download: bool, img_size: int) -> PictureTower:
        """See `SquareBackbone.find`."""
        self.model = model = HfModel(find_model(name, model_path, allow_download))
        side = checked_side(name, img_size, own=model.facts.side, patch=model.facts.patch)
        return PictureTower(
            model.dim,
            model.weights,
            model.preprocess.resized(side),
            kind="hf_vision_pooled",
            library=versions("torch", "transformers"),
            build=lambda: _build(model, side),
        )


def _build(model: HfModel, side: int) -> Any:
    """A module of (n, side, side, 3) uint8 RGB to (n, d): bytes to numbers, then the picture tower."""
    from torch import nn

    from vfrt_ros.core.encoders.clip.pooled_tower import pooled_tower

    whole = model.load()
    other_side = side != model.facts.side
    tower = pooled_tower(model.facts.model_type, whole.vision_model)
    projection = getattr(whole, "visual_projection", nn.Identity())
    return normalised(
        model.preprocess,
        lambda planes: projection(tower(planes, other_side)),
        nn.ModuleList([tower, projection]),
    )
