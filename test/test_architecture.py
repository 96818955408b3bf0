# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The layers: who may import whom. `docs/architecture.md` shows them, and its picture is made from the same graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.import_graph import CORE_LAYERS, LAYERS, between_folders, circles, folder_of, import_graph

PACKAGE = "vfrt_ros"
ROOT = Path(__file__).parents[1]
CORE = ROOT / "vfrt_ros" / "core"
ROS = ("rclpy", "cv_bridge", "launch", "ament_index_python")
GRAPH = import_graph()


def test_every_folder_of_core_has_its_layer() -> None:
    folders = {path.parent.relative_to(CORE).parts[0] for path in CORE.rglob("*.py") if path.parent != CORE}
    assert folders == {*CORE_LAYERS, "worker"}


def test_every_folder_and_file_of_the_package_has_its_layer() -> None:
    folders = {path.parent.name for path in CORE.parent.glob("*/*.py")}
    files = {path.stem for path in CORE.parent.glob("*.py")} - {"__init__"}
    assert folders | files == set(LAYERS)


@pytest.mark.parametrize("module", sorted(module for module in GRAPH if module.startswith("vfrt_ros.core.")))
def test_core_imports_only_downward(module: str) -> None:
    rank = {f"core/{name}": number for number, name in enumerate(CORE_LAYERS)}
    own = rank.get(folder_of(module), len(rank))
    for other in GRAPH[module]:
        assert other.startswith("vfrt_ros.core"), f"{module} imports {other}, which stands above core"
        assert rank.get(folder_of(other), len(rank)) <= own, (
            f"{module} imports {other}, which stands above it"
        )


@pytest.mark.parametrize("module", sorted(module for module in GRAPH if module != PACKAGE))
def test_folders_of_the_package_import_only_downward(module: str) -> None:
    rank = {name: number for number, name in enumerate(LAYERS)}
    own = rank[module.split(".")[1]]
    for other in GRAPH[module] - {PACKAGE}:  # which holds nothing but the version
        assert rank[other.split(".")[1]] <= own, f"{module} imports {other}, which stands above it"


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circles(GRAPH) == []


def test_no_folders_import_each_other_in_a_circle() -> None:
    edges: dict[str, set[str]] = {}
    for source, target in between_folders(GRAPH):
        edges.setdefault(source, set()).add(target)
    assert circles(edges) == []


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda path: str(path.relative_to(CORE)))
def test_core_imports_no_ros(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words[:1] in (["import"], ["from"]):
            top = words[1].split(".")[0]
            assert top not in ROS and not top.endswith("_msgs"), line
