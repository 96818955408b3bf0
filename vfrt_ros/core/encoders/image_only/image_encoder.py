# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures by picture towers of transformers that were trained without text: memory, and no prompts.

Source: Oquab et al., "DINOv2" (2023); Siméoni et al., "DINOv3" (2025); Liu et al., "A ConvNet for the 2020s" (2022).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vfrt_ros.core.encoders.clip.files import find_model, is_safe, weight_files
from vfrt_ros.core.encoders.embedded.packaged import versions
from vfrt_ros.core.encoders.fingerprint import digest_of_files
from vfrt_ros.core.encoders.image_only.preprocess import read_preprocess
from vfrt_ros.core.encoders.quiet_transformers import quiet_transformers
from vfrt_ros.core.encoders.square_backbone import PictureTower, SquareBackbone, checked_side, normalised
from vfrt_ros.core.types.errors import EncoderError, first_line, words_of

IMAGE_PREFIX = "image:"
_STRIDE = 32
"""Pixels; the side of a network without patches of its own is a multiple of this."""


class ImageBackbone(SquareBackbone):
    """A picture tower of transformers, read by its pooled output; `name` is `image:<model id or folder>`.

    `img_size`: a multiple of its patch.
    """

    partner = "none"

    def find(self, name: str, model_path: str, allow_download: bool, img_size: int) -> PictureTower:
        """See `SquareBackbone.find`."""
        folder = find_model(name, model_path, allow_download)
        dim, patch = _facts(folder)
        preprocess = read_preprocess(folder)
        preprocess = preprocess.resized(checked_side(name, img_size, own=preprocess.side, patch=patch))
        return PictureTower(
            dim,
            weights=digest_of_files([folder / "config.json", *weight_files(folder)]),
            preprocess=preprocess,
            kind="image_only",
            library=versions("torch", "transformers"),
            build=lambda: normalised(preprocess, *_network(folder)),
        )


def _facts(folder: Path) -> tuple[int, int]:
    """Length of an embedding, and of what a side is a multiple."""
    file = folder / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        dim = config.get("hidden_size") or (config.get("hidden_sizes") or [None])[-1]
        patch = config.get("patch_size", _STRIDE)
        staged = "hidden_sizes" in config
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise EncoderError(f"{file} cannot be read: {words_of(error)}") from error
    if not isinstance(dim, int) or not isinstance(patch, int):
        raise EncoderError(
            f"expected hidden_size or hidden_sizes in {file}, the length of a picture's vector; "
            f"got a model of type {config.get('model_type')}"
        )
    return dim, _STRIDE if staged else patch


def _network(folder: Path) -> tuple[Any, Any]:
    """The function that maps planes to embeddings, and the module behind it."""
    from transformers import AutoModel

    try:
        with quiet_transformers():
            model, report = AutoModel.from_pretrained(
                folder, local_files_only=True, use_safetensors=is_safe(folder), dtype="float32",
                output_loading_info=True,
            )  # fmt: skip
    except Exception as error:
        # A damaged file can fail in any of the readers below; the person needs to know which model.
        raise EncoderError(f"the model in '{folder}' cannot be loaded: {first_line(error)}") from error
    lacking = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if lacking:
        raise EncoderError(f"the model in '{folder}' lacks weights: {lacking[:3]}")

    def pooled(planes: Any) -> Any:
        out = model(planes)
        found = getattr(out, "pooler_output", None)
        # A ViT without a trained pooling layer is read by its class token.
        return out.last_hidden_state[:, 0] if found is None or report["missing_keys"] else found.flatten(1)

    return pooled, model.eval()
