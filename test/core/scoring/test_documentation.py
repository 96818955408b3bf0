# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The formulas of docs/scoring.md: numbered in their order, and each cited by its number where the code has it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
NUMBERED = re.findall(
    r"^ {4}\((\d+)\) ", (ROOT / "docs" / "scoring.md").read_text(encoding="utf-8"), re.MULTILINE
)


def cited() -> set[str]:
    """The numbers that docstrings of the scoring name; comments over groups of constants do not count."""
    core = ROOT / "vfrt_ros" / "core"
    files = [path for path in (core / "scoring").glob("*.py") if path.stem != "constants"]
    code = "\n".join(path.read_text(encoding="utf-8") for path in [*files, core / "smoothing.py"])
    return {
        number
        for numbers in re.findall(r"[Ff]ormulas? (\d+(?:(?:, | and )\d+)*)", code)
        for number in re.findall(r"\d+", numbers)
    }


def test_formulas_are_numbered_in_their_order() -> None:
    assert [int(number) for number in NUMBERED] == list(range(1, len(NUMBERED) + 1))


def test_the_code_cites_every_formula_and_no_other() -> None:
    assert cited() == set(NUMBERED)
