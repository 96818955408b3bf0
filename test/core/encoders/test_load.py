# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Names, choice, reasons, plug-ins and errors of `load_encoders`."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata

import numpy as np
import pytest

from vfrt_ros.core.encoders import (
    BACKBONE_BUILDERS,
    CATALOG,
    TEXT_BUILDERS,
    Backbone,
    TextEncoder,
    backbone_names,
    load,
    load_encoders,
    registry,
    text_encoder_names,
)
from vfrt_ros.core.encoders.fake import FakeBackbone, FakeText
from vfrt_ros.core.types.errors import EncoderError


class Plugin:
    """The smallest backbone that there can be."""

    id, fingerprint, dim, partner = "mine", "1", 4, "fake_text"

    def __init__(self, vectors=None):
        self.vectors = vectors

    def encode_images(self, images):
        return np.full((len(images), 4), 3.0) if self.vectors is None else self.vectors

    encode_text = encode_images


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"backbone": "embeded"}, "Did you mean 'embedded'"),
        ({"backbone": "clip_vit_b23"}, "Did you mean 'clip_vit_b32'"),
        ({"backbone": "fake", "text_encoder": "clip_txt"}, "Did you mean 'clip_text'"),
        ({"backbone": "fake", "text_encoder": "clip_text"}, "got backbone 'fake'"),
        ({"backbone": "fake", "device": "gpu"}, "device: expected one of auto, cpu, cuda, mps, got 'gpu'"),
        ({"backbone": "embedded", "runtime": "onnx"}, "runtime: expected one of auto, torch, openvino"),
        ({"backbone": "embedded", "precision": "f64"}, "precision: expected one of"),
        ({"backbone": "embedded", "text_encoder": "fake_text"}, "cannot be compared"),
        ({"backbone": "hf:no/such-model"}, "allow_download to true.*model_path.*embedded"),
        ({"backbone": "hf:not a model id!"}, "neither a folder nor a model id"),
        ({"backbone": "clip_vit_b32", "model_path": "/no/such/folder"}, "which is not there"),
    ],
)
def test_what_cannot_be_is_one_clear_line(settings, message):
    with pytest.raises(EncoderError, match=message) as error:
        load_encoders(**{"device": "cpu", **settings})
    assert "\n" not in str(error.value)


def test_names():
    assert "fake" not in backbone_names() and "embedded" in backbone_names()
    assert set(CATALOG) <= set(backbone_names())
    assert text_encoder_names() == ["clip_text", "embedded_text", "open_clip_text"]


def test_encoders_are_what_the_protocols_say():
    encoders = load_encoders("fake", device="cpu")
    assert isinstance(encoders.backbone, Backbone) and isinstance(encoders.text, TextEncoder)


class TestAuto:
    @pytest.fixture(autouse=True)
    def builders(self, monkeypatch):
        """Both candidates replaced; what clip_vit_b32 does is up to the test."""
        self.clip = lambda **kw: FakeBackbone()
        monkeypatch.setitem(BACKBONE_BUILDERS, "clip_vit_b32", lambda **kw: self.clip(**kw))
        monkeypatch.setitem(BACKBONE_BUILDERS, "embedded", lambda **kw: FakeBackbone(seed=1))
        self.embedded = FakeBackbone(seed=1).fingerprint

    def chosen(self, **settings):
        encoders = load_encoders(device="cpu", **settings)
        return encoders.backbone.fingerprint == self.embedded, encoders.note

    def test_nothing_at_hand(self):
        embedded, note = self.chosen()
        assert embedded and "clip_vit_b32 are not on this machine and allow_download is off" in note

    def test_in_the_cache(self, tmp_path, monkeypatch):
        folder = tmp_path / "models--openai--clip-vit-base-patch32"
        (folder / "refs").mkdir(parents=True)
        (folder / "refs" / "main").write_text("abc")
        (folder / "snapshots" / "abc").mkdir(parents=True)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
        assert self.chosen()[0]
        (folder / "snapshots" / "abc" / "model.safetensors").touch()
        embedded, note = self.chosen()
        assert not embedded and "at hand" in note

    def test_in_a_folder(self):
        assert not self.chosen(model_path="/some/where")[0]

    def test_fetched(self):
        embedded, note = self.chosen(allow_download=True)
        assert not embedded and "fetched" in note

    def test_not_to_be_fetched(self):
        def fail(**kw):
            raise EncoderError("no route to the hub")

        self.clip = fail
        embedded, note = self.chosen(allow_download=True)
        assert embedded and "no route to the hub" in note

    def test_a_wrong_folder_is_not_hidden(self):
        def fail(**kw):
            raise EncoderError("no weights there")

        self.clip = fail
        with pytest.raises(EncoderError, match="no weights there"):
            self.chosen(model_path="/some/where")


def test_own_builder_by_dict(monkeypatch):
    monkeypatch.setitem(BACKBONE_BUILDERS, "mine", lambda device="cpu", **kw: Plugin())
    monkeypatch.setitem(TEXT_BUILDERS, "mine_text", lambda device="cpu", **kw: Plugin())
    encoders = load_encoders("mine", "mine_text", device="cpu")
    image = np.zeros((2, 2, 3), np.uint8)
    np.testing.assert_allclose(encoders.backbone.encode_images([image, image]), 0.5)
    plain = load_encoders("mine", "mine_text", device="cpu", normalize=False)
    np.testing.assert_allclose(plain.backbone.encode_images([image]), 3)
    assert encoders.backbone.dim == 4 and "mine" in backbone_names()


@pytest.mark.parametrize(
    "plugin, message",
    [
        (Plugin(np.zeros((3, 3))), r"expected vectors of shape \(1, 4\), got shape \(3, 3\)"),
        (Plugin(np.full((1, 4), np.nan)), "not finite"),
    ],
    ids=["shape", "nan"],
)
def test_wrong_vectors_of_a_plugin(monkeypatch, plugin, message):
    monkeypatch.setitem(BACKBONE_BUILDERS, "mine", lambda **kw: plugin)
    monkeypatch.setitem(TEXT_BUILDERS, "mine_text", lambda **kw: Plugin())
    encoders = load_encoders("mine", "mine_text", device="cpu")
    with pytest.raises(EncoderError, match=message):
        encoders.backbone.encode_images([np.zeros((2, 2, 3), np.uint8)])


@pytest.mark.parametrize(
    "value, message",
    [
        ("no_such_module:build", "cannot be loaded: ModuleNotFoundError"),
        ("math:pi", "is not a function or class"),
        ("builtins:len", "failed: TypeError"),
        ("builtins:dict", "lacks id, fingerprint, dim, encode_images"),
    ],
    ids=["not there", "no builder", "raises", "no encoder"],
)
def test_broken_plugin_is_one_clear_error_when_asked_for(monkeypatch, value, message):
    point = metadata.EntryPoint("broken", value, registry.BACKBONE_GROUP)
    monkeypatch.setattr(
        registry.metadata, "entry_points", lambda group: [point] if group == point.group else []
    )
    assert "broken" in backbone_names()
    load_encoders("fake", device="cpu")
    with pytest.raises(EncoderError, match=message):
        load_encoders("broken", device="cpu")


def test_other_dimension_and_other_space():
    class Other(FakeText):
        space = "elsewhere"

    with pytest.raises(EncoderError, match="4 numbers and backbone 'fake'"):
        load.check_pair(FakeBackbone(), Plugin())
    with pytest.raises(EncoderError, match="not trained together"):
        load.check_pair(FakeBackbone(), Other())


NO_KERNEL = RuntimeError(
    "CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors might be asynchronous"
)
FAULTS = {
    "no kernel for this GPU": NO_KERNEL,
    "out of memory": RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    "no CUDA in this torch": AssertionError("Torch not compiled with CUDA enabled"),
    "driver too old": RuntimeError("The NVIDIA driver on your system is too old (found version 11040)."),
    "library missing": OSError("libcudart.so.12: cannot open shared object file"),
    "without a word": RuntimeError(),
}


class FailingDevice:
    """A backbone that works on the CPU, and elsewhere fails when it is built or when it sees a picture."""

    def __init__(self, monkeypatch, device: str, error: Exception, at: str):
        self.built: list[str] = []

        def build(device="cpu", **kw):
            self.built.append(device)
            backbone = FakeBackbone(**kw)
            if device != "cpu" and at == "loading":
                raise error
            if device != "cpu":
                backbone.encode_images = self.fail_with(error)
            return backbone

        monkeypatch.setitem(BACKBONE_BUILDERS, "gpu_only", build)
        monkeypatch.setattr(load, "choose_device", lambda asked: device if asked == "auto" else asked)

    @staticmethod
    def fail_with(error: Exception):
        def encode(images):
            raise error

        return encode


@pytest.mark.parametrize("device", ["cuda", "mps"])
@pytest.mark.parametrize("at", ["loading", "the first picture"])
@pytest.mark.parametrize("error", FAULTS.values(), ids=FAULTS)
def test_auto_goes_to_the_cpu_where_the_device_fails(monkeypatch, caplog, device, at, error):
    failing = FailingDevice(monkeypatch, device, error, at)
    encoders = load_encoders("gpu_only", "fake_text")
    assert failing.built == [device, "cpu"]
    assert encoders.device == "cpu"
    assert f"since {device} failed" in encoders.note
    assert encoders.backbone.encode_images([np.zeros((8, 8, 3), np.uint8)]).shape == (
        1,
        encoders.backbone.dim,
    )
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"Device {device} is there and fails")
    assert "\n" not in caplog.messages[0]


@pytest.mark.parametrize("at", ["loading", "the first picture"])
@pytest.mark.parametrize("error", FAULTS.values(), ids=FAULTS)
def test_a_device_that_was_named_stops_with_one_line(monkeypatch, at, error):
    failing = FailingDevice(monkeypatch, "cuda", error, at)
    with pytest.raises(EncoderError) as caught:
        load_encoders("gpu_only", "fake_text", device="cuda")
    assert failing.built == ["cuda"]
    assert "\n" not in str(caught.value)


def test_a_device_that_works_is_kept(monkeypatch, caplog):
    monkeypatch.setattr(load, "choose_device", lambda asked: "cuda")
    assert load_encoders("fake").device == "cuda"
    assert caplog.messages == []


def test_import_is_light():
    heavy = ("torch", "transformers", "openvino", "scipy", "huggingface_hub", "tokenizers")
    script = f"import sys, vfrt_ros.core.encoders as e; e.load_encoders('fake', device='cpu'); " \
             f"print([m for m in {heavy} if m in sys.modules])"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == "[]", done.stderr
