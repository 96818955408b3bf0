# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The check of a graphics card, dry on the CPU with a tiny model."""

from __future__ import annotations

import json

import pytest

from tools import gpu_check


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_a_dry_run_measures_everything_but_the_card(monkeypatch, capsys) -> None:
    monkeypatch.setitem(gpu_check.ROUNDS, "cpu", 1)
    assert gpu_check.main(["--device", "cpu", "--models", "tiny", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    (row,) = answer["models"]
    assert answer["device"] == "cpu" and row["least_cosine"] >= gpu_check.LEAST_COSINE
    assert all(row[name] > 0 for name in ("reference_ms", "ours_ms", "ours_ms_of_4", "ours_ms_of_16"))
    assert "A dry run on the CPU" in gpu_check.text(answer)


def test_embeddings_that_differ_are_a_failure(monkeypatch, capsys) -> None:
    monkeypatch.setitem(gpu_check.ROUNDS, "cpu", 1)
    monkeypatch.setattr(gpu_check, "agreement", lambda *arguments: 0.99)
    assert gpu_check.main(["--device", "cpu", "--models", "tiny"]) == 1
