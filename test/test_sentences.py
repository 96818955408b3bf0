# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Docstrings in plain English: a noun or a verb first, and errors that name the condition that was violated."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path for folder in ("vfrt_ros", "tools") for path in (ROOT / folder).rglob("*.py"))
ODD = re.compile(r"\bIt is (?:none|no )|Error: (?:[\w ]*\bis none\b|[Tt]here is none)")


def docstrings(source: str) -> Iterator[str]:
    """Of modules, classes and functions, and texts that stand below a constant."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and type(node.value.value) is str
        ):
            yield node.value.value


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sentences_are_plain(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not (ast.get_docstring(ast.parse(source)) or "").startswith("What ")
    assert [text for text in docstrings(source) if ODD.search(text)] == []


@pytest.mark.parametrize(
    "text",
    ["A.\n\nRaises:\n    E: It is no such array.", "ValueError: A label is none.", "XError: There is none."],
)
def test_an_odd_sentence_is_seen(text: str) -> None:
    assert ODD.search(text)
