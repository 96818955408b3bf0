# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Materials of every measurement: frames, a CLIP model, and a memory with much in it."""

from __future__ import annotations

import importlib
import shutil
import tempfile
from functools import cache as once
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders, load_encoders
from vfrt_ros.core.encoders.cache import cache_dir
from vfrt_ros.core.encoders.catalog import CATALOG
from vfrt_ros.core.factory import open_memory
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.new_example import NewExample
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.sources.demo import DemoSource

EXAMPLES, LABELS = 10_000, 200
SIZE = (640, 480)
CLIP = "clip_vit_b32"
Frame = npt.NDArray[np.uint8]


@once
def frames(count: int = 40, size: tuple[int, int] = SIZE) -> list[Frame]:
    """Photographs as a camera that pans and zooms sees them, (H, W, 3) uint8 BGR."""
    source = DemoSource(size=size, fps=1.0)
    return [source.picture_at(float(second)) for second in range(count)]


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


def label_names(count: int = LABELS) -> list[str]:
    """Names of made-up labels."""
    return [f"thing {number:03d}" for number in range(count)]


def vectors(count: int, dim: int, groups: int, seed: int = 42) -> npt.NDArray[np.float32]:
    """(count, dim) float32 unit vectors in groups of equal size, as examples of labels lie.

    An example's cosine with its group's centre is about 0.9, as that of two views of a thing under CLIP.
    """
    random = np.random.default_rng(seed)
    centres = random.standard_normal((groups, dim), np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    rows = random.standard_normal((count, dim), np.float32)
    rows *= 0.48 / np.float32(np.sqrt(dim))
    rows += centres[np.arange(count) * groups // count]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def fill(memory: Memory, examples: int = EXAMPLES, labels: int = LABELS) -> None:
    """Give a memory examples of made-up labels."""
    rows = vectors(examples, memory.encoder.dim, labels)
    per_label = examples // labels
    for number, label in enumerate(label_names(labels)):
        own = rows[number * per_label : (number + 1) * per_label]
        memory.register(label, [NewExample(row, {"sharpness": 200.0}) for row in own])


def recogniser(
    backbone: str,
    *,
    precision: str = "auto",
    runtime: str = "auto",
    examples: int = EXAMPLES,
    labels: int = LABELS,
    memory_path: str = ":memory:",
    **settings: Any,
) -> Recogniser:
    """A recogniser whose memory holds much; every label has a prompt too."""
    wanted = RecognitionSettings(
        backbone=backbone, runtime=runtime, memory_path=memory_path, device="cpu", **settings
    )
    encoders = encoders_of(backbone, precision, runtime)
    memory = open_memory(wanted, encoders)
    if examples and not len(memory):
        fill(memory, examples, labels)
    memory.add_initial_prompts(label_names(labels))
    made = Recogniser(wanted, encoders=encoders, memory=memory)
    made.recognise(frames(1)[0])
    made.settle()
    return made


def encoders_of(backbone: str, precision: str = "auto", runtime: str = "auto") -> Encoders:
    """The encoders on this machine's processor, the one thing that is measured here."""
    return load_encoders(backbone, device="cpu", precision=precision, runtime=runtime)
