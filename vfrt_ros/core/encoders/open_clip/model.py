# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""An open_clip model on disk: what is wanted of it before it is loaded, and the loading."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from vfrt_ros.core.encoders.clip.pil_resample import KERNELS
from vfrt_ros.core.encoders.clip.preprocess import HfPreprocess
from vfrt_ros.core.encoders.fingerprint import digest_of_files
from vfrt_ros.core.encoders.open_clip.files import CONFIG, text_files, weight_file
from vfrt_ros.core.encoders.open_clip.library import import_open_clip
from vfrt_ros.core.types.errors import EncoderError, first_line, words_of

_MEAN, _STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""Of OpenAI's CLIP, open_clip's own defaults."""
_RESAMPLE = {"bilinear": 2, "bicubic": 3, "random": 3}
"""Pillow's numbers of the filters; open_clip takes `random` as bicubic where nothing is trained."""
_CONTEXT = 77


class OpenClipModel:
    """A folder as the hub has it: `open_clip_config.json`, the weights, and what a tokenizer needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        weights = weight_file(folder)
        self.weights = digest_of_files([folder / CONFIG, *([weights] if weights else [])])
        self.text_digest = digest_of_files(text_files(folder))

    @cached_property
    def _config(self) -> Mapping[str, Any]:
        file = self.folder / CONFIG
        try:
            config = json.loads(file.read_text(encoding="utf-8"))
            (
                config["model_cfg"]["embed_dim"],
                config["model_cfg"]["vision_cfg"],
                config["model_cfg"]["text_cfg"],
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EncoderError(f"{file} is no configuration of open_clip: {words_of(error)}") from error
        return dict(config)

    @property
    def dim(self) -> int:
        """Length of an embedding."""
        return int(self._config["model_cfg"]["embed_dim"])

    @property
    def tokens(self) -> int:
        """Length of a text."""
        return int(self._config["model_cfg"]["text_cfg"].get("context_length", _CONTEXT))

    @cached_property
    def preprocess(self) -> HfPreprocess:
        """How its pictures are prepared.

        Raises:
            EncoderError: Not as a square, or by an unknown filter.
        """
        given = self._config.get("preprocess_cfg") or {}
        size = given.get("size") or self._config["model_cfg"]["vision_cfg"].get("image_size", 224)
        sides = size if isinstance(size, (list, tuple)) else (size, size)
        mode, filter_name = given.get("resize_mode", "shortest"), given.get("interpolation", "bicubic")
        resample = _RESAMPLE.get(filter_name)
        if len(set(sides)) != 1 or mode not in ("shortest", "squash") or resample not in KERNELS:
            raise EncoderError(
                f"expected a square by resize_mode shortest or squash, bilinear or bicubic, in {self.folder / CONFIG}; "
                f"got size {size}, {mode}, {filter_name}"
            )
        side = int(sides[0])
        mean, std = (
            tuple(float(v) for v in given.get(key) or usual)
            for key, usual in (("mean", _MEAN), ("std", _STD))
        )
        return HfPreprocess(
            side, side if mode == "shortest" else 0, resample, 1 / 255, mean, std, half_to_even=True
        )

    def load(self) -> Any:
        """The whole model in torch, float32, in evaluation mode.

        Raises:
            EncoderError: The files are damaged or lack weights.
        """
        library = import_open_clip()
        try:
            model = library.create_model(
                f"local-dir:{self.folder}", pretrained_text=False, require_pretrained=True
            )
        except Exception as error:
            # A damaged file can fail in any of the readers below; the person needs to know which model.
            raise EncoderError(
                f"the model in '{self.folder}' cannot be loaded: {first_line(error)}"
            ) from error
        return model.eval()

    def tokenizer(self) -> Any:
        """Maps a list of texts to (n, tokens) int64 ids, as a torch tensor.

        Raises:
            EncoderError: Its files are damaged or missing.
        """
        library = import_open_clip()
        try:
            return library.get_tokenizer(f"local-dir:{self.folder}")
        except Exception as error:
            raise EncoderError(
                f"the tokenizer in '{self.folder}' cannot be loaded: {first_line(error)}"
            ) from error
