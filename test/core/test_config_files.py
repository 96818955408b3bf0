# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The package's parameter files: valid, for nodes in any namespace, and free of defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vfrt_ros.core.config.parameters import Settings
from vfrt_ros.core.config.settings import CameraSettings, RecognitionSettings
from vfrt_ros.parameter_file import file_values

FILES = sorted((Path(__file__).parents[2] / "config").glob("*.yaml"))
NODES: dict[str, type[Settings]] = {"camera": CameraSettings, "recognition": RecognitionSettings}


def test_there_are_the_two_settings() -> None:
    assert {"clip_vitb32", "embedded"} <= {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("node", NODES)
def test_a_file_holds_valid_values_and_no_default(path: Path, node: str) -> None:
    values = file_values(path, node)
    settings = NODES[node].from_mapping(values)
    defaults = NODES[node]()
    assert [name for name in values if getattr(settings, name) == getattr(defaults, name)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_says_the_same_in_a_namespace(path: Path) -> None:
    values = {node: file_values(path, node) for node in NODES}
    assert values == {node: file_values(path, node, "fleet/robot1") for node in NODES}
    assert any(values.values())


CLASSIC = {
    "backbone": "clip_vit_b32",
    "memory_index": "Flat",
    "k": 8,
    "neighbor_agg": "mean",
    "alpha_fusion": 0.7,
    "temporal_ema": 0.15,
    "temperature": 0.9,
    "fuse": "late",
    "open_set_threshold": 0.28,
}


@pytest.mark.parametrize(("name", "value"), CLASSIC.items())
def test_the_classic_setting_is_complete(name: str, value: Any) -> None:
    (path,) = (path for path in FILES if path.stem == "clip_vitb32")
    assert getattr(RecognitionSettings.from_mapping(file_values(path, "recognition")), name) == value


def test_the_classic_setting_of_the_camera_is_the_default() -> None:
    camera = CameraSettings()
    assert (camera.size, camera.fps) == ((640, 480), 30.0)
