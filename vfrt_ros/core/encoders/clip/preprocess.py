# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A Hugging Face image processor's settings, and the same result without its cost.

The geometry runs on bytes here; scaling and mean and std are the first step of the network (hf_clip.py),
so that a quarter of the memory moves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from vfrt_ros.core.encoders.clip.pil_resample import KERNELS, pil_resize
from vfrt_ros.core.encoders.preprocess import check_rgb
from vfrt_ros.core.types.errors import EncoderError, words_of

# Source: transformers, the processors' own class attributes; what a settings file leaves out.
_CLIP: dict[str, Any] = {
    "size": {"shortest_edge": 224}, "crop_size": {"height": 224, "width": 224}, "do_center_crop": True,
    "image_mean": (0.48145466, 0.4578275, 0.40821073), "image_std": (0.26862954, 0.26130258, 0.27577711),
}  # fmt: skip
_SIGLIP: dict[str, Any] = {
    "size": {"height": 224, "width": 224}, "do_center_crop": False,
    "image_mean": (0.5, 0.5, 0.5), "image_std": (0.5, 0.5, 0.5),
}  # fmt: skip
_SHARED: dict[str, Any] = {
    "do_resize": True, "do_rescale": True, "do_normalize": True, "resample": 3, "rescale_factor": 1 / 255,
}  # fmt: skip
_FILES = ("preprocessor_config.json", "processor_config.json")


@dataclass(frozen=True)
class HfPreprocess:
    """The preparation of a picture for the network.

    Attributes:
        side: of the square that the network takes, in pixels.
        short: the short side is resized to this and the middle kept; 0 = both sides go to `side`, and the
            picture is stretched.
        resample: Pillow's number of the filter.
        scale: factor from bytes to the numbers that mean and std are of; 1 / 255 as a rule.
        mean, std: per channel.
        half_to_even: as of `pil_resize`; not part of what names an embedding space, since it is that of a library.
    """

    side: int
    short: int
    resample: int
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    half_to_even: bool = field(default=False, repr=False)

    def square(self, image: np.ndarray) -> np.ndarray:
        """Args: (H, W, 3) uint8 RGB. Returns: (side, side, 3) uint8."""
        height, width = check_rgb(image).shape[:2]
        size, side = (self.side, self.side), self.side
        if self.short:
            # The long side is cut down to a whole number, as the processor does.
            long = int(self.short * max(height, width) / min(height, width))
            size = (self.short, long) if height <= width else (long, self.short)
        return pil_resize(image, size, (side, side), self.resample, self.half_to_even)

    def resized(self, side: int) -> HfPreprocess:
        """The same for another side of the network's input, everything in proportion."""
        short = round(self.short * side / self.side)
        return replace(self, side=side, short=short)


def processor_files(folder: Path) -> list[Path]:
    """The files of the folder that say how pictures are prepared; the first one counts."""
    return [folder / name for name in _FILES if (folder / name).is_file()]


def read_preprocess(folder: Path, model_type: str) -> HfPreprocess:
    """The settings of a model's folder; the defaults of its family where it has no file.

    Args:
        folder: with `preprocessor_config.json` or `processor_config.json`.
        model_type: `clip` or `siglip`.

    Raises:
        EncoderError: the file cannot be read, or asks for something that is not supported here.
    """
    family = _CLIP if model_type == "clip" else _SIGLIP
    return parse_preprocess({**_SHARED, **family, **given_values(folder)})


def given_values(folder: Path) -> dict[str, Any]:
    """The values that a folder's processor file gives; {} where it has no file.

    Raises:
        EncoderError: The file cannot be read.
    """
    for file in processor_files(folder)[:1]:
        try:
            values = json.loads(file.read_text(encoding="utf-8"))
            values = values.get("image_processor", values)
            return {key: value for key, value in values.items() if value is not None}
        except (OSError, ValueError, AttributeError) as error:
            raise EncoderError(f"{file} cannot be read: {words_of(error)}") from error
    return {}


def parse_preprocess(values: Mapping[str, Any]) -> HfPreprocess:
    """The settings from a processor's full set of values.

    Raises:
        EncoderError: no resize, a picture that is not square, a crop larger than the resized picture, or
            an unknown filter.
    """
    size, crop = values["size"], values.get("crop_size")
    short = _number(size, "shortest_edge") if isinstance(size, (int, Mapping)) else 0
    side = short or _square(size)
    if values["do_center_crop"] and crop is not None:
        short, side = (short or side), (crop if isinstance(crop, int) else _square(crop))
    if not values["do_resize"] or not 0 < side <= (short or side) or values["resample"] not in KERNELS:
        raise EncoderError(
            "expected an image processor that resizes (Lanczos, bilinear or bicubic) and crops a square, got "
            f"do_resize {values['do_resize']}, size {size}, crop_size {crop}, resample {values['resample']}"
        )
    scale = float(values["rescale_factor"]) if values["do_rescale"] else 1.0
    plain = not values["do_normalize"]
    mean = (0.0,) * 3 if plain else tuple(float(v) for v in values["image_mean"])
    std = (1.0,) * 3 if plain else tuple(float(v) for v in values["image_std"])
    return HfPreprocess(side, short, int(values["resample"]), scale, mean, std)


def _number(size: Any, name: str) -> int:
    return int(size if isinstance(size, int) else size.get(name) or 0)


def _square(size: Any) -> int:
    if not isinstance(size, Mapping) or size.get("height") != size.get("width") or not size.get("height"):
        raise EncoderError(f"expected an image processor that makes a square, got size {size}")
    return int(size["height"])
