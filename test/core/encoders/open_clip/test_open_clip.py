# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Models of open_clip against the library itself, on tiny ones that are made here."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.encoders.open_clip import files
from vfrt_ros.core.encoders.open_clip.files import CONFIG, SAFE, find_open_clip
from vfrt_ros.core.encoders.open_clip.library import import_open_clip, is_installed
from vfrt_ros.core.encoders.open_clip.model import OpenClipModel
from vfrt_ros.core.types.errors import EncoderError, WeightsMissingError

needs_library = pytest.mark.skipif(not is_installed(), reason="open_clip is an extra that is not installed")
TOWERS = {
    "vit": {"image_size": 64, "layers": 2, "width": 32, "head_width": 16, "patch_size": 16},
    "resnet": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16, "patch_size": None},
}
PREPROCESS = {
    "vit": {"size": 64, "interpolation": "bicubic", "resize_mode": "shortest"},
    "resnet": {
        "size": [64, 64],
        "interpolation": "bilinear",
        "resize_mode": "squash",
        "mean": [0, 0, 0],
        "std": [1, 1, 1],
    },
}
SIZES = {
    "as it is": None,
    "camera frame": (640, 480),
    "upright": (300, 500),
    "odd": (333, 251),
    "enlarged": (50, 40),
}
TEXTS = ["a photo of a cup", "a dog", ""]


def configuration(kind: str) -> dict[str, object]:
    text = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
    model = {"embed_dim": 24, "vision_cfg": TOWERS[kind], "text_cfg": text}
    return {"model_cfg": model, "preprocess_cfg": PREPROCESS[kind]}


@pytest.fixture(scope="module", params=TOWERS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights, as the hub has them."""
    if not is_installed():
        pytest.skip("open_clip is an extra that is not installed")
    import torch
    from safetensors.torch import save_file

    library = import_open_clip()
    place = tmp_path_factory.mktemp(request.param)
    config = configuration(request.param)
    (place / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = library.CLIP(**config["model_cfg"])
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, place / SAFE)
    return place


def reference(folder: Path) -> tuple[object, object]:
    """The library's own model and transform."""
    library = import_open_clip()
    model, transform = library.create_model_from_pretrained(f"local-dir:{folder}")
    return model.eval(), transform


def sized(photo: np.ndarray, size: tuple[int, int] | None) -> np.ndarray:
    return photo if size is None else cv2.resize(photo, size, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_pixels_equal_the_librarys(folder, photos, size) -> None:
    """Within one grey level of 255 everywhere, and two thousandths of one on average: Pillow rounds its weights."""
    from PIL import Image

    preprocess = OpenClipModel(folder).preprocess
    _, transform = reference(folder)
    for photo in photos.values():
        image = sized(photo, size)
        expected = transform(Image.fromarray(image)).numpy().transpose(1, 2, 0)
        levels = (expected * preprocess.std + preprocess.mean) * 255
        difference = np.abs(preprocess.square(image) - levels)
        assert difference.max() < 1.01
        assert difference.mean() < 2e-3


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_pictures_and_texts_equal_the_librarys(folder, photos, runtime) -> None:
    import torch
    from PIL import Image

    if runtime == "openvino":
        pytest.importorskip("openvino")
    model, transform = reference(folder)
    tokenizer = import_open_clip().get_tokenizer(f"local-dir:{folder}")
    with torch.inference_mode():
        images = torch.stack([transform(Image.fromarray(photo)) for photo in photos.values()])
        expected = [model.encode_image(images).numpy(), model.encode_text(tokenizer(TEXTS)).numpy()]
    encoders = load_encoders(f"open_clip:tiny@{folder}", device="cpu", runtime=runtime, precision="f32")
    found = [encoders.backbone.encode_images(list(photos.values())), encoders.text.encode_text(TEXTS)]
    assert encoders.has_text
    for ours, theirs in zip(found, expected, strict=True):
        theirs = theirs / np.linalg.norm(theirs, axis=1, keepdims=True)
        assert ours.dtype == np.float32
        assert (ours * theirs).sum(axis=1).min() > 0.9999


def test_a_side_of_another_size_is_refused(folder) -> None:
    with pytest.raises(EncoderError, match="expected 0 or its own, 64, got 96"):
        load_encoders(f"open_clip:tiny@{folder}", device="cpu", img_size=96)


@needs_library
def test_an_unknown_architecture_names_the_nearest() -> None:
    with pytest.raises(
        EncoderError, match=r"no architecture 'MobileCLIP2-S00'. Did you mean 'MobileCLIP2-S0'"
    ):
        find_open_clip("open_clip:MobileCLIP2-S00")


@needs_library
def test_an_unknown_tag_is_told_the_known_ones() -> None:
    with pytest.raises(EncoderError, match="expected one of dfndr2b, got 'openai'"):
        find_open_clip("open_clip:MobileCLIP2-S0@openai")


def test_weights_that_are_not_here_say_how_to_get_them() -> None:
    with pytest.raises(WeightsMissingError, match=r"timm/MobileCLIP2-S0-OpenCLIP.*allow_download"):
        load_encoders("open_clip:MobileCLIP2-S0")


def test_without_the_library_it_is_said_how_to_install_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("vfrt_ros.core.encoders.open_clip.library.is_installed", lambda: False)
    import_open_clip.cache_clear()
    with pytest.raises(EncoderError, match="open_clip is not installed; pip install"):
        import_open_clip()


BROKEN = {
    "no folder": ("open_clip:x@a/b", "a folder that is there"),
    "nothing behind the prefix": ("open_clip:", "expected open_clip:<architecture>"),
    "an empty folder": ("open_clip:x@{}", "expected open_clip_config.json"),
}


@pytest.mark.parametrize(("name", "words"), BROKEN.values(), ids=BROKEN)
def test_what_is_missing_is_named(tmp_path, name, words) -> None:
    with pytest.raises(EncoderError, match=words):
        find_open_clip(name.format(tmp_path))


def test_a_configuration_that_makes_no_square_is_refused(tmp_path) -> None:
    config = configuration("vit")
    config["preprocess_cfg"] = {"size": [64, 96]}
    (tmp_path / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(EncoderError, match="expected a square"):
        _ = OpenClipModel(tmp_path).preprocess
    (tmp_path / CONFIG).write_text("{}", encoding="utf-8")
    with pytest.raises(EncoderError, match="no configuration of open_clip"):
        _ = OpenClipModel(tmp_path).dim


def test_a_name_of_the_catalogue_needs_no_library(monkeypatch) -> None:
    monkeypatch.setattr(files, "import_open_clip", lambda: pytest.fail("imported"))
    assert files.hub_id("open_clip:EVA02-B-16") == "timm/eva02_base_patch16_clip_224.merged2b_s8b_b131k"
