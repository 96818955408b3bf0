"""The core knows nothing of ROS."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "vfrt_ros" / "core"
ROS = ("rclpy", "cv_bridge", "launch", "ament_index_python", "vfrt_ros.nodes", "vfrt_ros.cli")


def imported_modules(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
    return modules


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda path: str(path.relative_to(CORE)))
def test_core_imports_no_ros(path: Path) -> None:
    for module in imported_modules(path):
        assert not module.split(".")[0].endswith("_msgs"), module
        assert not any(module == name or module.startswith(name + ".") for name in ROS), module
