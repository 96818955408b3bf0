# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Picture towers against transformers' own pooled output."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import CLIPModel, SiglipModel

from vfrt_ros.core.encoders.clip.pooled_tower import pooled_tower


@pytest.mark.parametrize(("model_type", "family"), [("clip", CLIPModel), ("siglip", SiglipModel)])
def test_it_is_the_models_own(model_type: str, family, tiny_clip: Path, tiny_siglip: Path) -> None:
    folder = {"clip": tiny_clip, "siglip": tiny_siglip}[model_type]
    tower = family.from_pretrained(folder).eval().vision_model
    side = tower.config.image_size
    pixels = torch.randn(3, 3, side, side, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = tower(pixel_values=pixels).pooler_output
        torch.testing.assert_close(pooled_tower(model_type, tower)(pixels, False), expected)


def test_the_last_layer_of_clip_sees_to_one_token_alone(tiny_clip: Path) -> None:
    tower = CLIPModel.from_pretrained(tiny_clip).eval().vision_model
    widths = []
    for layer in tower.encoder.layers:
        layer.mlp.register_forward_pre_hook(lambda _, given: widths.append(given[0].shape[1]))
    side = tower.config.image_size
    with torch.inference_mode():
        pooled_tower("clip", tower)(torch.zeros(1, 3, side, side), False)
    patches = (side // tower.config.patch_size) ** 2
    assert widths == [1 + patches] * (len(widths) - 1) + [1]
