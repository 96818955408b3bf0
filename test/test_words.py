# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A name means one thing: no two modules of product and tools have a class of the same name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]


def homes_of_classes(files: Iterable[Path]) -> dict[str, list[str]]:
    """The files that define a class of each name, classes within functions and classes included."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sorted(files):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(path.name)
    return homes


def test_a_class_name_means_one_thing() -> None:
    files = [path for folder in ("vfrt_ros", "tools") for path in (ROOT / folder).rglob("*.py")]
    homes = homes_of_classes(files)
    assert len(homes) > 300
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def test_a_doubled_name_is_seen(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("class Pace: ...")
    (tmp_path / "two.py").write_text("def made():\n    class Pace: ...")
    assert homes_of_classes(tmp_path.glob("*.py")) == {"Pace": ["one.py", "two.py"]}
