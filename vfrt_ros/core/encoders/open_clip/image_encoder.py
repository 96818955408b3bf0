# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures by models of open_clip."""

from __future__ import annotations

from typing import Any

from vfrt_ros.core.encoders.embedded.packaged import versions
from vfrt_ros.core.encoders.open_clip.files import find_open_clip
from vfrt_ros.core.encoders.open_clip.model import OpenClipModel
from vfrt_ros.core.encoders.square_backbone import SquareBackbone, normalised
from vfrt_ros.core.types.errors import EncoderError

_VERSION = 1


class OpenClipBackbone(SquareBackbone):
    """A picture tower of open_clip.

    Args:
        name: `open_clip:<architecture>[@<pretrained tag or folder>]`.
        model_path: Folder that is looked into before the cache.
        allow_download: Whether the hub may be asked.
        img_size: 0 or its own; these networks take no other.
        run: `device`, `runtime` and `precision`, as for `load_encoders`.

    Raises:
        EncoderError: The weights or the library are not to be had.
    """

    partner = "open_clip_text"

    def __init__(
        self,
        name: str,
        model_path: str = "",
        allow_download: bool = False,
        img_size: int = 0,
        **run: Any,
    ) -> None:
        self.model = model = OpenClipModel(find_open_clip(name, model_path, allow_download))
        preprocess = model.preprocess
        if img_size not in (0, preprocess.side):
            raise EncoderError(
                f"img_size of {name}: expected 0 or its own, {preprocess.side}, got {img_size}"
            )
        super().__init__(
            name,
            dim=model.dim,
            weights=model.weights,
            preprocess=preprocess,
            network=("open_clip_vision", versions("torch", "open_clip_torch", "timm"), lambda: _build(model)),
            version=_VERSION,
            **run,
        )


def _build(model: OpenClipModel) -> Any:
    visual = model.load().visual
    return normalised(model.preprocess, visual, visual)
