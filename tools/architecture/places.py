# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Places in the code, named as `vfrt_ros.core.recogniser:Recogniser.decide`, and whether they exist."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]


def file_of(module: str) -> Path:
    """The file, or the folder, of a module; it may not exist."""
    path = ROOT / Path(*module.split("."))
    return path if path.is_dir() else path.with_suffix(".py")


def is_there(place: str) -> bool:
    """Whether the module exists and defines the function, class or method that the place names.

    >>> is_there("vfrt_ros.core.recogniser:Recogniser.decide"), is_there("vfrt_ros.core.recogniser:Recogniser.fly")
    (True, False)
    """
    module, _, name = place.partition(":")
    path = file_of(module)
    if not path.exists() or not name:
        return path.exists()
    body: Iterable[ast.stmt] = ast.parse(path.read_text(encoding="utf-8")).body
    for part in name.split("."):
        found = next((node for node in body if getattr(node, "name", None) == part), None)
        if found is None:
            return False
        body = getattr(found, "body", [])
    return True


def starts_threads(path: Path) -> bool:
    """Whether a file starts a thread: by `Thread`, a subclass of it, a pool, or `work_ahead.start`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in STARTERS:
            return True
        if isinstance(node, ast.ClassDef) and {ast.unparse(base) for base in node.bases} & STARTERS:
            return True
    return False


STARTERS = {"threading.Thread", "Thread", "ThreadPoolExecutor", "work_ahead.start"}
