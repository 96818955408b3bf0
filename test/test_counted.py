# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""No sentence says "1 labels": numbers of things are written by `counted`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLURAL = re.compile(
    r"\{(?!counted\()[^{}]*\} "
    r"(?:character|example|frame|image|label|message|node|operation|picture|prompt|row|step)s\b(?! a second)"
)


@pytest.mark.parametrize(
    "folder", [path.name for path in sorted((ROOT / "vfrt_ros").iterdir()) if path.is_dir()]
)
def test_numbers_of_things_are_counted_in_words(folder: str) -> None:
    files = sorted((ROOT / "vfrt_ros" / folder).rglob("*.py"))
    assert [found[0] for path in files for found in PLURAL.finditer(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("text", ['f"{len(ids)} labels"', 'f"over {most} examples;"'])
def test_a_plural_beside_a_number_is_seen(text: str) -> None:
    assert PLURAL.search(text)


@pytest.mark.parametrize("text", ["f\"{counted(len(ids), 'label')}\"", 'f"{rate} frames a second"'])
def test_a_counted_thing_and_a_rate_are_fine(text: str) -> None:
    assert not PLURAL.search(text)
