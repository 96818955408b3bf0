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
ODD = re.compile(
    r"^What \b|(?<![Tt]here )\b(?:is|are|was|were|be) (?:none\b|no (?!longer\b|more\b))|Error: [Tt]here is none"
)


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
    texts = [re.sub(r"\s+", " ", text.strip()) for text in docstrings(source)]
    assert [text for text in texts if ODD.search(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "A. Raises: E: It is no such array.",
        "ValueError: A label is none.",
        "XError: There is none.",
        "What a label says.",
        "Why a vector is no embedding.",
    ],
)
def test_an_odd_sentence_is_seen(text: str) -> None:
    assert ODD.search(text)


@pytest.mark.parametrize(
    "text", ["Empty where there is none.", "A file that is no longer there.", "Say what is seen."]
)
def test_a_plain_sentence_passes(text: str) -> None:
    assert not ODD.search(text)


def raw_system_errors(source: str) -> list[int]:
    """The lines that show an error, which may be one of the system's with its number, in other words than its own."""
    lines = []
    for handler in ast.walk(ast.parse(source)):
        if not isinstance(handler, ast.ExceptHandler) or handler.type is None or not handler.name:
            continue
        if "OSError" not in {name.id for name in ast.walk(handler.type) if isinstance(name, ast.Name)}:
            continue
        for node in ast.walk(handler):
            match node:
                case (
                    ast.FormattedValue(value=ast.Name(id=name))
                    | ast.Call(func=ast.Name(id="str" | "repr"), args=[ast.Name(id=name)])
                    | ast.Call(
                        func=ast.Attribute(value=ast.Name(id="_log")),
                        args=[ast.Constant(), *_, ast.Name(id=name)],
                    )
                    | ast.Attribute(value=ast.Name(id=name), attr="strerror")
                ) if name == handler.name:
                    lines.append(node.lineno)
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_error_of_the_system_is_told_in_words(path: Path) -> None:
    assert raw_system_errors(path.read_text(encoding="utf-8")) == [], "words_of(error) gives them"


@pytest.mark.parametrize(
    "shown",
    ['f"No: {error}."', "str(error)", 'f"{error!r}"', '_log.warning("%s: %s", 1, error)', "error.strerror"],
)
@pytest.mark.parametrize("caught", ["OSError", "(ValueError, OSError)"])
def test_a_raw_error_of_the_system_is_seen(shown: str, caught: str) -> None:
    assert raw_system_errors(f"try:\n    pass\nexcept {caught} as error:\n    {shown}") == [4]


def test_words_of_an_error_pass() -> None:
    assert raw_system_errors('try:\n    pass\nexcept OSError as error:\n    f"{words_of(error)}"') == []
