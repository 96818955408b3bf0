# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The Hugging Face loader against transformers' own processors and models, on tiny models made here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from transformers import AutoTokenizer, CLIPModel, SiglipModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.encoders.clip.preprocess import parse_preprocess, read_preprocess
from vfrt_ros.core.types.errors import EncoderError

FAMILIES = {
    "clip": (CLIPModel, CLIPImageProcessorPil),
    "siglip": (SiglipModel, SiglipImageProcessorPil),
}
SIZES = {
    "as it is": None,
    "camera frame": (640, 480),
    "upright": (300, 500),
    "odd": (333, 251),
    "enlarged": (120, 90),
    "a strip": (500, 40),
}
TEXTS = ["a photo of a cup", "CAB", "x" * 200, ""]


@pytest.fixture(params=FAMILIES)
def family(request, tiny_clip, tiny_siglip):
    """Name, folder, model class and processor class."""
    folder = {"clip": tiny_clip, "siglip": tiny_siglip}[request.param]
    return request.param, folder, *FAMILIES[request.param]


def sized(photo: np.ndarray, size) -> np.ndarray:
    return photo if size is None else cv2.resize(photo, size, interpolation=cv2.INTER_AREA)


def reference(name, folder, model_class, processor_class, images=(), texts=()):
    """What transformers itself gives, as it is used by hand."""
    import torch

    model = model_class.from_pretrained(folder).eval()
    with torch.inference_mode():
        if images:
            pixels = processor_class.from_pretrained(folder)(images, return_tensors="pt")
            out = model.get_image_features(**pixels)
        else:
            texts = [text.lower() for text in texts] if name == "siglip" else list(texts)
            tokens = AutoTokenizer.from_pretrained(folder)(
                texts, padding="max_length", max_length=77 if name == "clip" else 64, truncation=True,
                return_tensors="pt", return_token_type_ids=False,
            )  # fmt: skip
            if name == "siglip":
                tokens = {"input_ids": tokens["input_ids"]}
            out = model.get_text_features(**tokens)
    vectors = out.pooler_output.numpy()
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_pixels_equal_the_processors(family, photos, size):
    """Within one grey level of 255 everywhere, and less than a thousandth of one on average."""
    name, folder, _, processor_class = family
    preprocess = read_preprocess(folder, name)
    processor = processor_class.from_pretrained(folder)
    for photo in photos.values():
        image = sized(photo, size)
        expected = processor(image, return_tensors="np")["pixel_values"][0].transpose(1, 2, 0)
        levels = (expected * preprocess.std + preprocess.mean) * 255
        difference = np.abs(preprocess.square(image) - levels)
        assert difference.max() < 1.01
        assert difference.mean() < 1e-3


def test_images_equal_transformers(family, photos):
    images = [sized(photo, (640, 480)) for photo in photos.values()]
    expected = reference(*family, images=images)
    ours = load_encoders(f"hf:{family[1]}", device="cpu", runtime="torch").backbone.encode_images(images)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    assert (ours * expected).sum(1).min() > 0.99999


def test_texts_equal_transformers(family):
    expected = reference(*family, texts=TEXTS)
    ours = load_encoders(f"hf:{family[1]}", device="cpu", runtime="torch").text.encode_text(TEXTS)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


@pytest.mark.parametrize("precision, cosine", [("f32", 0.99999), ("bf16", 0.999)])
def test_openvino_equals_torch(family, photos, precision, cosine, bf16):
    images = list(photos.values())
    by = {
        runtime: load_encoders(f"hf:{family[1]}", device="cpu", runtime=runtime, precision=chosen)
        for runtime, chosen in (("torch", "f32"), ("openvino", precision))
    }
    ours, expected = (by[name].backbone.encode_images(images) for name in ("openvino", "torch"))
    assert (ours * expected).sum(1).min() > cosine
    ours, expected = (by[name].text.encode_text(TEXTS) for name in ("openvino", "torch"))
    assert (ours * expected).sum(1).min() > 0.99999


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_another_size_of_input(family, photos, runtime):
    pytest.importorskip(runtime)
    side = {"clip": 160, "siglip": 160}[family[0]]
    own = load_encoders(f"hf:{family[1]}", device="cpu", runtime="torch").backbone
    other = load_encoders(
        f"hf:{family[1]}", device="cpu", runtime=runtime, precision="f32", img_size=side
    ).backbone
    vectors = other.encode_images([photos["chelsea"]])
    assert vectors.shape == (1, own.dim)
    assert np.abs(vectors - own.encode_images([photos["chelsea"]])).max() > 1e-6
    assert other.fingerprint != own.fingerprint
    with pytest.raises(EncoderError, match="multiple of its patch"):
        load_encoders(f"hf:{family[1]}", device="cpu", img_size=side + 1)


def test_own_size_need_not_be_a_multiple_of_the_patch(tiny_siglip, photos, tmp_path):
    from transformers import SiglipConfig, SiglipModel

    config = SiglipConfig.from_pretrained(tiny_siglip)
    config.vision_config.patch_size = 14
    SiglipModel(config).save_pretrained(tmp_path)
    shutil.copy(tiny_siglip / "preprocessor_config.json", tmp_path)
    backbone = load_encoders(f"hf:{tmp_path}", device="cpu", runtime="torch").backbone
    assert backbone.encode_images([photos["coffee"]]).shape == (1, 32)


def test_no_images_and_no_texts(tiny_clip):
    encoders = load_encoders(f"hf:{tiny_clip}", device="cpu", runtime="torch")
    assert encoders.backbone.encode_images([]).shape == (0, 24)
    assert encoders.text.encode_text([]).shape == (0, 24)


def test_old_style_of_settings():
    old = {"size": 224, "crop_size": 224, "do_center_crop": True, "do_resize": True, "do_rescale": True,
           "do_normalize": True, "resample": 3, "rescale_factor": 1 / 255, "image_mean": [0.5] * 3,
           "image_std": [0.5] * 3}  # fmt: skip
    read = parse_preprocess(old)
    assert (read.side, read.short) == (224, 224)
    assert parse_preprocess({**old, "do_normalize": False}).mean == (0, 0, 0)
    oblong = {"crop_size": {"height": 3, "width": 4}}
    for wrong in ({"resample": 0}, {"crop_size": 256}, {"do_resize": False}, oblong):
        with pytest.raises(EncoderError, match="expected an image processor"):
            parse_preprocess({**old, **wrong})


def test_dim(family):
    name, folder, _, _ = family
    backbone = load_encoders(f"hf:{folder}", device="cpu", runtime="torch").backbone
    assert backbone.dim == {"clip": 24, "siglip": 32}[name]


def test_clip_of_another_checkpoint_is_refused(tiny_clip, tmp_path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(tiny_clip, tmp_path / "other")
    weights = load_file(tmp_path / "other" / "model.safetensors")
    weights["text_projection.weight"] += 1
    save_file(weights, tmp_path / "other" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match="not trained together"):
        load_encoders(f"hf:{tiny_clip}", f"hf:{tmp_path / 'other'}", device="cpu", runtime="torch")


def test_missing_weights_are_not_filled_with_random_numbers(tiny_clip, tmp_path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(tiny_clip, tmp_path / "part")
    weights = load_file(tmp_path / "part" / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, tmp_path / "part" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match=r"lacks weights.*visual_projection"):
        load_encoders(f"hf:{tmp_path / 'part'}", device="cpu", runtime="torch")


def test_another_family_is_refused(tiny_clip, tmp_path):
    shutil.copytree(tiny_clip, tmp_path / "bert")
    Path(tmp_path / "bert" / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(EncoderError, match="got 'bert'"):
        load_encoders(f"hf:{tmp_path / 'bert'}", device="cpu")


def test_damaged_weights_are_one_clear_error(tiny_clip, tmp_path):
    shutil.copytree(tiny_clip, tmp_path / "cut")
    file = tmp_path / "cut" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(EncoderError, match=r"cannot be (loaded|read)"):
        load_encoders(f"hf:{tmp_path / 'cut'}", device="cpu")
