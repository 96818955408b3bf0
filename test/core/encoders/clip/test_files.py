# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Folder, cache, hub: in this order, and pickles only with a torch that is safe."""

from __future__ import annotations

import shutil

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from vfrt_ros.core.encoders import torch_load
from vfrt_ros.core.encoders.clip import files as hf_files
from vfrt_ros.core.encoders.clip.files import find_model, weight_files
from vfrt_ros.core.encoders.torch_load import check_torch_load
from vfrt_ros.core.types.errors import EncoderError

ID = "openai/clip-vit-base-patch32"


@pytest.fixture
def hub(monkeypatch):
    """A hub whose cache and downloads are what the test says; remembers what was asked of it."""

    class Hub:
        cached, served, asked = None, None, []

        def snapshot_download(self, model, local_files_only, allow_patterns=None):
            self.asked = [*self.asked, (model, local_files_only, allow_patterns)]
            if local_files_only:
                if self.cached is None:
                    raise LocalEntryNotFoundError("nothing cached")
                return str(self.cached)
            if isinstance(self.served, BaseException):
                raise self.served
            return str(self.served)

    hub = Hub()
    monkeypatch.setattr(huggingface_hub, "snapshot_download", hub.snapshot_download)
    return hub


def folder(path, *names):
    path.mkdir()
    for name in names:
        (path / name).touch()
    return path


def test_folder_comes_before_the_cache(hub, tmp_path):
    hub.cached = folder(tmp_path / "cached", "config.json", "model.safetensors")
    own = folder(tmp_path / "own", "config.json", "model.safetensors")
    assert find_model("clip_vit_b32", str(own)) == own
    assert hub.asked == []


def test_cache_comes_before_the_hub(hub, tmp_path):
    hub.cached = folder(tmp_path / "cached", "config.json", "model.safetensors")
    assert find_model("clip_vit_b32", allow_download=True) == hub.cached
    assert [asked[:2] for asked in hub.asked] == [(ID, True)]


def test_hub_is_asked_only_if_that_is_allowed(hub, tmp_path):
    hub.served = folder(tmp_path / "served", "config.json", "model.safetensors")
    with pytest.raises(EncoderError, match="allow_download"):
        find_model("clip_vit_b32")
    assert all(local for _, local, _ in hub.asked)
    assert find_model("clip_vit_b32", allow_download=True) == hub.served
    assert not any("bin" in pattern for pattern in hub.asked[-1][2])


def test_a_cache_without_weights_is_none(hub, tmp_path):
    hub.cached = folder(tmp_path / "cached", "config.json")
    with pytest.raises(EncoderError, match="not on this machine"):
        find_model("clip_vit_b32")


def test_pickle_is_fetched_only_where_there_is_nothing_else(hub, tmp_path):
    hub.served = folder(tmp_path / "served", "config.json")
    with pytest.raises(EncoderError, match=r"expected config.json and model.safetensors"):
        find_model("clip_vit_b32", allow_download=True)
    assert ["pytorch_model*.bin" in patterns for _, local, patterns in hub.asked if not local] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    "error", [OSError("no route\nto host"), ValueError("odd"), LocalEntryNotFoundError("offline")]
)
def test_failed_download_is_one_line(hub, error):
    hub.served = error
    with pytest.raises(EncoderError, match=r"could not be fetched.*embedded") as raised:
        find_model("clip_vit_b32", allow_download=True)
    assert "\n" not in str(raised.value)


def test_interrupted_download_is_left_alone(hub):
    hub.served = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        find_model("clip_vit_b32", allow_download=True)


def test_safetensors_before_pickles(tmp_path):
    names = ("pytorch_model.bin", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    both = folder(tmp_path / "both", "config.json", "model.safetensors.index.json", *names)
    assert [file.suffix for file in weight_files(both)] == [".safetensors"] * 2


@pytest.mark.parametrize(
    "version, refused",
    [("2.5.1", True), ("1.13", True), ("2.6.0", False), ("2.13.0+cpu", False), ("3.0", False)],
)
def test_torch_that_may_read_pickles(version, refused):
    if not refused:
        check_torch_load("weights.bin", version)
        return
    with pytest.raises(EncoderError, match=r"CVE-2025-32434.*torch 2.6 or newer"):
        check_torch_load("weights.bin", version)


def test_old_torch_and_only_a_pickle(monkeypatch, tmp_path):
    monkeypatch.setattr(torch_load.metadata, "version", lambda name: "2.5.0")
    with pytest.raises(EncoderError, match="CVE-2025-32434"):
        hf_files.check_folder(folder(tmp_path / "m", "config.json", "pytorch_model.bin"))
    hf_files.check_folder(folder(tmp_path / "s", "config.json", "model.safetensors"))


def test_pickled_weights_give_the_same_vectors(tiny_clip, photos, tmp_path):
    import torch
    from safetensors.torch import load_file

    from vfrt_ros.core.encoders import load_encoders

    shutil.copytree(tiny_clip, tmp_path / "pickled")
    safe = tmp_path / "pickled" / "model.safetensors"
    torch.save(load_file(safe), tmp_path / "pickled" / "pytorch_model.bin")
    safe.unlink()
    one, other = (
        load_encoders("clip_vit_b32", model_path=str(path), device="cpu", runtime="torch")
        for path in (tiny_clip, tmp_path / "pickled")
    )
    images = [photos["coffee"]]
    assert (one.backbone.encode_images(images) * other.backbone.encode_images(images)).sum() > 0.99999
