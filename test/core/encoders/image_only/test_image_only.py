# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Picture towers without text against transformers, on tiny ones that are made here, and what they cannot do."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.encoders.image_only.preprocess import read_preprocess
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.types.errors import EncoderError, RequestError

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
FAMILIES = {
    "dinov2": ("Dinov2", {**SMALL, "image_size": 56, "patch_size": 14}, ("bit", "BitImageProcessor", {})),
    "dinov3": (
        "DINOv3ViT",
        {**SMALL, "intermediate_size": 64, "image_size": 64, "patch_size": 16},
        (
            "bit",
            "BitImageProcessor",
            {"size": {"height": 64, "width": 64}, "do_center_crop": False, "resample": 2},
        ),
    ),
    "convnext": (
        "ConvNext",
        {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]},
        ("convnext", "ConvNextImageProcessor", {"size": {"shortest_edge": 96}}),
    ),
}
SIZES = {"as it is": None, "camera frame": (640, 480), "upright": (300, 500), "odd": (333, 251)}


@pytest.fixture(scope="module", params=FAMILIES)
def family(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, type, type]:
    """Folder, model class and processor class."""
    import torch
    import transformers

    prefix, settings, (module, processor, values) = FAMILIES[request.param]
    model_class = getattr(transformers, f"{prefix}Model")
    source = importlib.import_module(f"transformers.models.{module}.image_processing_pil_{module}")
    processor_class = getattr(source, f"{processor}Pil")
    folder = tmp_path_factory.mktemp(request.param)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        model_class(getattr(transformers, f"{prefix}Config")(**settings)).save_pretrained(folder)
    processor_class(**values).save_pretrained(folder)
    return folder, model_class, processor_class


def sized(photo: np.ndarray, size: tuple[int, int] | None) -> np.ndarray:
    return photo if size is None else cv2.resize(photo, size, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_pixels_equal_the_processors(family, photos, size) -> None:
    """Within one grey level of 255 everywhere, and two thousandths of one on average: Pillow rounds its weights."""
    folder, _, processor_class = family
    preprocess, processor = read_preprocess(folder), processor_class.from_pretrained(folder)
    for photo in photos.values():
        image = sized(photo, size)
        expected = processor(image, return_tensors="np")["pixel_values"][0].transpose(1, 2, 0)
        levels = (expected * preprocess.std + preprocess.mean) * 255
        difference = np.abs(preprocess.square(image) - levels)
        assert difference.max() < 1.01
        assert difference.mean() < 2e-3


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_pictures_equal_transformers(family, photos, runtime) -> None:
    import torch

    if runtime == "openvino":
        pytest.importorskip("openvino")
    folder, model_class, processor_class = family
    images = [sized(photo, (640, 480)) for photo in photos.values()]
    with torch.inference_mode():
        pixels = processor_class.from_pretrained(folder)(images, return_tensors="pt")
        expected = model_class.from_pretrained(folder).eval()(**pixels).pooler_output.flatten(1).numpy()
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    backbone = load_encoders(f"image:{folder}", device="cpu", runtime=runtime, precision="f32").backbone
    found = backbone.encode_images(images)
    assert found.dtype == np.float32 and found.shape == (len(images), backbone.dim)
    assert (found * expected).sum(axis=1).min() > 0.9999


@pytest.fixture
def dino(family) -> str:
    return f"image:{family[0]}"


def settings_for(name: str, **values) -> RecognitionSettings:
    return RecognitionSettings(backbone=name, device="cpu", memory_path=":memory:", **values)


def test_it_learns_and_recognises_without_prompts(dino, photos) -> None:
    recogniser = Recogniser(settings_for(dino))
    try:
        for name in ("chelsea", "coffee"):
            recogniser.register(name, images=[photos[name]])
        shown = recogniser.recognise(photos["coffee"])
        assert shown.candidates[0].label == "coffee"
    finally:
        recogniser.close()


def test_prompts_are_refused_and_nothing_is_lost(dino, photos) -> None:
    recogniser = Recogniser(settings_for(dino))
    try:
        recogniser.register("coffee", images=[photos["coffee"]])
        before = recogniser.memory.state_hash()
        with pytest.raises(RequestError, match=r"knows pictures only.*teach labels by examples"):
            recogniser.set_prompts(["cup"])
        assert recogniser.memory.state_hash() == before
    finally:
        recogniser.close()
    with pytest.raises(RequestError, match="init_labels"):
        Recogniser(settings_for(dino, init_labels=("cup",)))


def test_a_side_that_is_no_multiple_of_a_patch_is_refused(dino) -> None:
    with pytest.raises(EncoderError, match="expected 0 or a multiple of its patch"):
        load_encoders(dino, device="cpu", img_size=77)


def test_a_network_without_a_vector_is_refused(tmp_path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "odd"}), encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(EncoderError, match=r"expected hidden_size or hidden_sizes.*type odd"):
        load_encoders(f"image:{tmp_path}", device="cpu")
