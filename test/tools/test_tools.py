# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The tools stand outside the product: it imports none of them, and they reach into nothing private of it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRIVATE_OF_OTHERS = {"_take_subscription": "rclpy", "_exit": "os"}
"""Private names that tools may use of a library that offers nothing else."""


def _private_names(path: Path) -> set[str]:
    """Names with one leading underscore that the file reads or writes on an object that is not `self` or `cls`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and re.match(r"_[a-z]", node.attr):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            found |= set() if own else {node.attr}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vfrt_ros"):
            found |= {alias.name for alias in node.names if alias.name.startswith("_")}
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("getattr", "setattr"):
            name = node.args[1].value if isinstance(node.args[1], ast.Constant) else ""
            found |= {name} if re.match(r"_[a-z]", str(name)) else set()
    return found - PRIVATE_OF_OTHERS.keys()


@pytest.mark.parametrize(
    "path",
    sorted([*(ROOT / "tools").rglob("*.py"), *(ROOT / "vfrt_ros" / "bench").glob("*.py")]),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_private_member_of_the_product_is_used(path: Path) -> None:
    assert _private_names(path) == set()


@pytest.mark.parametrize(
    "line",
    ["made._rule", "getattr(made, '_rule')", "setattr(made, '_rule', 1)", "from vfrt_ros.x import _rule"],
)
def test_a_private_member_is_seen(tmp_path: Path, line: str) -> None:
    (tmp_path / "tool.py").write_text(line)
    assert _private_names(tmp_path / "tool.py") == {"_rule"}


def test_the_product_imports_no_tool() -> None:
    for path in (ROOT / "vfrt_ros").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [n for n in names if n.split(".")[0] == "tools"], path
