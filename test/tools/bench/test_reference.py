# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The loop that people write, on a tiny model of the same make."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cv_bridge")
pytest.importorskip("torch")

from std_msgs.msg import Header

from tools.bench import peers
from tools.bench.random_clip import save_random_clip
from vfrt_ros.bench.contest import ContestResult
from vfrt_ros.bench.materials import frames
from vfrt_ros.bench.reference import ReferenceLoop
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.nodes.conversions import image_from_frame

TOWER = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    save_random_clip(folder, text_config=TOWER, vision_config=TOWER, projection_dim=24)
    return folder


@pytest.fixture(scope="module")
def loop(folder: Path) -> ReferenceLoop:
    return ReferenceLoop(str(folder), examples=40, labels=4)


def test_a_frame_becomes_a_label_and_an_overlay(loop) -> None:
    message = image_from_frame(frames(1)[0], Header(frame_id="camera"))
    label, score, overlay = loop.on_image(message)
    assert label == "unknown" or label.startswith("thing")
    assert -1.0 <= score <= 1.0
    assert (overlay.width, overlay.height, overlay.header.frame_id) == (640, 480, "camera")


def test_it_computes_what_we_compute(loop, folder, monkeypatch, tmp_path) -> None:
    """A comparison of speed means something only between two that do the same."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    encoders = load_encoders(f"hf:{folder}", device="cpu", precision="f32")
    rgb = np.ascontiguousarray(frames(1)[0][..., ::-1])
    assert encoders.backbone.encode_images([rgb])[0] @ loop.encode(rgb) > 0.999
    text = encoders.text.encode_text(["a photo of a thing 002"])[0]
    assert text @ loop._prompts[2] > 0.999


def test_what_torch_compiles_computes_the_same(loop, folder, monkeypatch) -> None:
    """Without the compiler, which takes half a minute."""
    monkeypatch.setattr("torch.compile", lambda module: module)
    compiled = ReferenceLoop(str(folder), examples=40, labels=4, runner=peers.compiled_forward)
    rgb = np.ascontiguousarray(frames(1)[0][..., ::-1])
    assert compiled.encode(rgb) @ loop.encode(rgb) > 0.99


@pytest.mark.parametrize(("quantised", "cosine"), [(False, 0.9999), (True, 0.95)], ids=["f32", "int8"])
def test_onnx_runtime_computes_the_same(loop, folder, quantised, cosine) -> None:
    for package in ("onnx", "onnxruntime"):
        pytest.importorskip(
            package, reason=f"{package} is not installed: pip install -r requirements/peers.txt"
        )
    other = ReferenceLoop(
        str(folder), examples=40, labels=4, runner=lambda model: peers.onnx_forward(model, quantised)
    )
    rgb = np.ascontiguousarray(frames(1)[0][..., ::-1])
    assert other.encode(rgb) @ loop.encode(rgb) > cosine


def test_the_peers_are_told_with_what_could_not_be_measured() -> None:
    outcome = ContestResult(
        {"clip auto": [0.02, 0.02], peers.NAMES[0]: [0.05, 0.03]}, {peers.NAMES[1]: "no onnxruntime"}
    )
    row = peers.row(outcome, "clip auto")
    assert row.reached
    assert row.ratios == {peers.NAMES[0]: pytest.approx(2.0)}
    assert "2.00" in row.figure and "not measured: no onnxruntime" in row.figure
    assert peers.row(outcome, "clip f32").reached is None
