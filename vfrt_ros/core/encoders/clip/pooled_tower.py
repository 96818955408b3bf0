# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Picture towers down to their pooled output, without what it does not depend on.

CLIP's embedding is read from the class token alone. In the last layer the other tokens are wanted as keys and values
only; their queries, their share of the attention and their MLP, ten of that layer's twelve matrix products, are
left out. Nothing is approximated: what is computed is computed by the same modules.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def pooled_tower(model_type: str, tower: Any) -> nn.Module:
    """A module of (n, 3, side, side) normalised pixels, and whether that side is not the model's own, to (n, width).

    Args:
        model_type: `clip` or `siglip`.
        tower: The family's vision model in evaluation mode.
    """
    return ClassTokenTower(tower) if model_type == "clip" else WholeTower(tower)


class WholeTower(nn.Module):
    """A tower whose pooling looks at every token, as SigLIP's does."""

    def __init__(self, tower: Any) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, pixels: torch.Tensor, other_side: bool) -> Any:
        """Run it."""
        return self.tower(pixel_values=pixels, interpolate_pos_encoding=other_side).pooler_output


class ClassTokenTower(nn.Module):
    """A `CLIPVisionModel`, of whose last layer only the class token's part is computed."""

    def __init__(self, tower: Any) -> None:
        super().__init__()
        self.tower = tower
        *self.layers, self.last = tower.encoder.layers

    def forward(self, pixels: torch.Tensor, other_side: bool) -> torch.Tensor:
        """Run it: the class token after the last normalisation, before the projection."""
        tokens = self.tower.embeddings(pixels, interpolate_pos_encoding=other_side)
        tokens = self.tower.pre_layrnorm(tokens)
        for layer in self.layers:
            tokens = layer(tokens, attention_mask=None)
        return self.tower.post_layernorm(self._last_layer(tokens)[:, 0])

    def _last_layer(self, tokens: torch.Tensor) -> torch.Tensor:
        """(n, 1, width): what the last layer makes of the class token."""
        attention, normed = self.last.self_attn, self.last.layer_norm1(tokens)
        heads = attention.num_heads, attention.head_dim
        queries, keys, values = (
            projection(rows).unflatten(-1, heads).transpose(1, 2)
            for projection, rows in (
                (attention.q_proj, normed[:, :1]),
                (attention.k_proj, normed),
                (attention.v_proj, normed),
            )
        )
        seen = nn.functional.scaled_dot_product_attention(queries, keys, values, scale=attention.scale)
        token = tokens[:, :1] + attention.out_proj(seen.transpose(1, 2).flatten(2))
        return token + self.last.mlp(self.last.layer_norm2(token))
