# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt bench` refuses what it cannot measure before it measures anything."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("rclpy")

from vfrt_ros.bench import advice
from vfrt_ros.cli.main import main


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The backbones that are measured, each time that anything is; nothing really is."""
    calls: list[Any] = []
    option = advice.TimedOption("embedded", "openvino", (640, 480), 8.0, 125.0)

    def measure(quick: bool, backbones: list[str]) -> tuple[list[advice.TimedOption], list[str]]:
        calls.append(backbones)
        return [option], []

    monkeypatch.setattr(advice, "time_options", measure)
    return calls


@pytest.mark.parametrize(
    ("name", "hint"), [("clip_vit_b23", " Did you mean 'clip_vit_b32'?"), ("nonsense", "")]
)
def test_an_unknown_backbone_is_refused_with_those_that_there_are(
    name: str, hint: str, asked: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--backbone", "embedded", "--backbone", name]) == 2
    said = capsys.readouterr().err
    assert said.startswith("vfrt bench: --backbone: expected one of auto, clip_vit_b16, ")
    assert said.endswith(f"got '{name}'.{hint}\n")
    assert asked == []


def test_names_and_models_behind_a_prefix_are_measured(asked: list[Any]) -> None:
    names = ["auto", "embedded", "clip_vit_b32", "hf:owner/name", "image:/a/folder"]
    assert main(["bench", *(part for name in names for part in ("--backbone", name))]) == 0
    assert asked == [names]
