# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Photographs, tiny models made on the spot, and a machine without a network."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path

import cv2
import numpy as np
import pytest

PHOTOS = ("chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "astronaut.png")


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """A cache of its own, so that no test passes because of what an earlier run left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Any attempt to reach another machine fails the test, also where the code would catch the error."""
    attempts = []

    def refuse(*args, **kwargs):
        attempts.append(args)
        raise OSError("the network is denied in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    yield attempts
    assert not attempts


@pytest.fixture
def bf16() -> str:
    """The precision, on a processor that has it in some form."""
    return _in_the_processor("bf16")


@pytest.fixture
def f16() -> str:
    """The precision, on a processor that computes with it."""
    return _in_the_processor("f16")


def _in_the_processor(precision: str) -> str:
    openvino = pytest.importorskip("openvino")
    capability = {"bf16": "BF16", "f16": "FP16"}[precision]
    if capability not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip(f"this processor has no {precision}")
    return precision


@pytest.fixture(scope="session")
def photos() -> dict[str, np.ndarray]:
    """Real photographs by name, (H, W, 3) uint8 RGB."""
    folder = Path(importlib.util.find_spec("skimage").origin).parent / "data"
    return {name.split(".")[0]: cv2.imread(str(folder / name))[..., ::-1].copy() for name in PHOTOS}


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory) -> Path:
    """A CLIP model of two layers with random weights, a tokenizer of letters and a processor."""
    from transformers import CLIPConfig, CLIPModel

    folder = tmp_path_factory.mktemp("clip model")
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = CLIPConfig(
        text_config={**tower, "vocab_size": 40, "max_position_embeddings": 77, "bos_token_id": 0,
                     "eos_token_id": 1, "pad_token_id": 1},
        vision_config={**tower, "image_size": 224, "patch_size": 32},
        projection_dim=24,
    )  # fmt: skip
    _save(CLIPModel, config, folder)
    _save_tokenizer(folder)
    _save_processor("CLIPImageProcessorPil", "clip", folder)
    return folder


@pytest.fixture(scope="session")
def tiny_siglip(tmp_path_factory) -> Path:
    """A SigLIP model of two layers, as `tiny_clip`."""
    from transformers import SiglipConfig, SiglipModel

    folder = tmp_path_factory.mktemp("siglip")
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = SiglipConfig(
        text_config={**tower, "vocab_size": 40, "max_position_embeddings": 64, "projection_size": 32},
        vision_config={**tower, "image_size": 96, "patch_size": 16},
    )
    _save(SiglipModel, config, folder)
    _save_tokenizer(folder)
    _save_processor("SiglipImageProcessorPil", "siglip", folder, size={"height": 96, "width": 96})
    return folder


def _save(model_class, config, folder: Path) -> None:
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(7)
        model_class(config).save_pretrained(folder)


def _save_tokenizer(folder: Path) -> None:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = ["<start>", "<end>", "<unk>", *"abcdefghijklmnopqrstuvwxyz ABCDE"]
    tokenizer = Tokenizer(
        models.WordLevel({letter: i for i, letter in enumerate(letters)}, unk_token="<unk>")
    )
    tokenizer.normalizer = normalizers.Strip()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", 0), ("<end>", 1)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<start>",
        eos_token="<end>",
        pad_token="<end>",
        unk_token="<unk>",
    ).save_pretrained(folder)


def _save_processor(name: str, family: str, folder: Path, **settings) -> None:
    module = importlib.import_module(f"transformers.models.{family}.image_processing_pil_{family}")
    getattr(module, name)(**settings).save_pretrained(folder)
