# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures by models of open_clip."""

from __future__ import annotations

from typing import Any

from vfrt_ros.core.encoders.embedded.packaged import versions
from vfrt_ros.core.encoders.open_clip.files import find_open_clip
from vfrt_ros.core.encoders.open_clip.model import OpenClipModel
from vfrt_ros.core.encoders.square_backbone import PictureTower, SquareBackbone, normalised
from vfrt_ros.core.types.errors import EncoderError


class OpenClipBackbone(SquareBackbone):
    """A picture tower of open_clip; `name` is `open_clip:<architecture>[@<pretrained tag or folder>]`.

    `img_size`: 0 or its own; these networks take no other.
    """

    partner = "open_clip_text"

    def find(self, name: str, model_path: str, allow_download: bool, img_size: int) -> PictureTower:
        """See `SquareBackbone.find`."""
        self.model = model = OpenClipModel(find_open_clip(name, model_path, allow_download))
        if img_size not in (0, model.preprocess.side):
            raise EncoderError(
                f"img_size of {name}: expected 0 or its own, {model.preprocess.side}, got {img_size}"
            )
        return PictureTower(
            model.dim,
            model.weights,
            model.preprocess,
            kind="open_clip_vision",
            library=versions("torch", "open_clip_torch", "timm"),
            build=lambda: _build(model),
        )


def _build(model: OpenClipModel) -> Any:
    visual = model.load().visual
    return normalised(model.preprocess, visual, visual)
