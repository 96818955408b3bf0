# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How pictures are prepared for a picture tower, by its folder's processor file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vfrt_ros.core.encoders.clip.preprocess import HfPreprocess, given_values, parse_preprocess

_IMAGENET: dict[str, Any] = {
    "size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}, "do_center_crop": True,
    "image_mean": (0.485, 0.456, 0.406), "image_std": (0.229, 0.224, 0.225), "resample": 3,
    "do_resize": True, "do_rescale": True, "do_normalize": True, "rescale_factor": 1 / 255,
}  # fmt: skip
"""The preparation that is usual on ImageNet; DINOv2's processor says the same."""
_CONVNEXT_SQUEEZES_FROM = 384
"""ConvNeXt's processor crops below this side, and squeezes the picture into the square from it on.
Source: transformers, image_processing_convnext.py."""


def read_preprocess(folder: Path) -> HfPreprocess:
    """The settings of a model's folder; what is usual on ImageNet where it has no file.

    Args:
        folder: With `preprocessor_config.json` or `processor_config.json`.

    Raises:
        EncoderError: The file cannot be read, or asks for something that is not supported here.
    """
    given = given_values(folder)
    if "size" in given and not given.get("do_center_crop"):
        given["do_center_crop"] = False
    return parse_preprocess({**_IMAGENET, **given, **_cropped_by_share(given)})


def _cropped_by_share(given: Mapping[str, Any]) -> dict[str, Any]:
    """ConvNeXt gives the side, and the share of the short side that is kept."""
    if "crop_pct" not in given:
        return {}
    side = given["size"]["shortest_edge"]
    if side >= _CONVNEXT_SQUEEZES_FROM:
        return {"size": {"height": side, "width": side}, "do_center_crop": False}
    short = int(side / given["crop_pct"])
    return {"size": {"shortest_edge": short}, "crop_size": side, "do_center_crop": True}
