# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A CLIP ViT-B/32 to measure where the trained one is not at hand."""

from __future__ import annotations

import importlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

from vfrt_ros.core.encoders.cache import cache_dir
from vfrt_ros.core.encoders.catalog import CATALOG

CLIP = "clip_vit_b32"


def clip() -> tuple[str, bool]:
    """The backbone to measure CLIP ViT-B/32 with, and whether its weights are the trained ones.

    Where those are not on this machine: the same architecture with random weights, made once. Speed does not
    depend on values.
    """
    from vfrt_ros.core.encoders.clip.files import at_hand

    if at_hand(CATALOG[CLIP].model_id):
        return CLIP, True
    return f"hf:{random_clip()}", False


def random_clip() -> Path:
    """A folder with a CLIP ViT-B/32 of random weights, a processor and a tokenizer of letters."""
    folder = cache_dir() / "bench" / "clip_vit_b32_random"
    if (folder / "config.json").is_file():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        save_random_clip(making)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def save_random_clip(folder: Path, **config: Any) -> None:
    """Write a CLIP model of random weights, its processor and its tokenizer; `config` as of CLIPConfig."""
    import torch
    from transformers import CLIPConfig, CLIPModel

    with torch.random.fork_rng():
        torch.manual_seed(42)
        CLIPModel(CLIPConfig(**config)).save_pretrained(folder)
    module = importlib.import_module("transformers.models.clip.image_processing_pil_clip")
    module.CLIPImageProcessorPil().save_pretrained(folder)
    _save_tokenizer(folder)


def _save_tokenizer(folder: Path) -> None:
    """Letters as tokens, and the ids of start and end that CLIP's configuration names."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import CLIPTextConfig, PreTrainedTokenizerFast

    config = CLIPTextConfig()
    letters = {letter: i for i, letter in enumerate("?abcdefghijklmnopqrstuvwxyz 0123456789", 1)}
    special = [("<start>", config.bos_token_id), ("<end>", config.eos_token_id)]
    tokenizer = Tokenizer(models.WordLevel({**letters, **dict(special)}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=special
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<start>", eos_token="<end>", pad_token="<end>", unk_token="?"
    ).save_pretrained(folder)
