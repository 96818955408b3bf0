# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A CLIP or SigLIP model on disk: the facts about it that are wanted before it is loaded.

The facts are cached, so that a start with a compiled model needs neither torch nor transformers.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vfrt_ros.core.encoders import cache
from vfrt_ros.core.encoders.clip.files import is_safe, weight_files
from vfrt_ros.core.encoders.clip.preprocess import HfPreprocess, read_preprocess
from vfrt_ros.core.encoders.embedded.packaged import versions
from vfrt_ros.core.encoders.fingerprint import digest_of_files
from vfrt_ros.core.encoders.quiet_transformers import quiet_transformers
from vfrt_ros.core.types.errors import EncoderError, first_line

_FAMILIES = ("clip", "siglip")
_TOKEN_FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "spiece.model")


@dataclass(frozen=True)
class HfFacts:
    """Facts that the configuration states.

    Attributes:
        model_type: `clip` or `siglip`.
        dim: length of an embedding.
        side: of the picture that the network was made for.
        patch: side of one patch.
        tokens: length of a text.
    """

    model_type: str
    dim: int
    side: int
    patch: int
    tokens: int


class HfModel:
    """A folder with a model, its digest and facts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.weights = digest_of_files([folder / "config.json", *weight_files(folder)])
        tokens = [folder / name for name in _TOKEN_FILES if (folder / name).is_file()]
        self.text_digest = digest_of_files([folder / "config.json", *tokens])

    @property
    def dim(self) -> int:
        """Length of an embedding."""
        return self.facts.dim

    @cached_property
    def facts(self) -> HfFacts:
        """Read, or taken from the cache. Raises: EncoderError where the model is of another family."""
        key = cache.key_of(self.weights, versions("transformers"), 2)
        known = cache.load("hf_facts", key)
        if known is not None:
            return HfFacts(**json.loads(known))
        facts = _read_facts(self.folder)
        cache.store("hf_facts", key, json.dumps(asdict(facts)).encode())
        return facts

    @cached_property
    def preprocess(self) -> HfPreprocess:
        """How its pictures are prepared."""
        return read_preprocess(self.folder, self.facts.model_type)

    def load(self) -> Any:
        """The whole model in torch, float32, in evaluation mode.

        Raises:
            EncoderError: the files are damaged or lack weights.
        """
        from transformers import CLIPModel, SiglipModel

        family = CLIPModel if self.facts.model_type == "clip" else SiglipModel
        try:
            with quiet_transformers():
                model, report = family.from_pretrained(
                    self.folder, local_files_only=True, use_safetensors=is_safe(self.folder), dtype="float32",
                    attn_implementation="sdpa", output_loading_info=True,
                )  # fmt: skip
        except Exception as error:
            # A damaged file can fail in any of the readers below; the person needs to know which model.
            raise EncoderError(
                f"the model in '{self.folder}' cannot be loaded: {first_line(error)}"
            ) from error
        if report["missing_keys"]:
            # They would be filled with random numbers.
            raise EncoderError(
                f"the model in '{self.folder}' lacks weights: {sorted(report['missing_keys'])[:3]}"
            )
        return model.eval()


def _read_facts(folder: Path) -> HfFacts:
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except Exception as error:
        raise EncoderError(f"'{folder / 'config.json'}' cannot be read: {first_line(error)}") from error
    if config.model_type not in _FAMILIES:
        raise EncoderError(
            f"expected a model of type {' or '.join(_FAMILIES)} in '{folder}', got '{config.model_type}'"
        )
    vision, text = config.vision_config, config.text_config
    return HfFacts(
        model_type=config.model_type,
        dim=config.projection_dim if config.model_type == "clip" else vision.hidden_size,
        side=vision.image_size,
        patch=vision.patch_size,
        tokens=text.max_position_embeddings,
    )
