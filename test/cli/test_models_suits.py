# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt models`: which of the encoders that are here suits this machine."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from vfrt_ros.cli.models import suits
from vfrt_ros.cli.models.suits import Speed, suited, text


def speed(name: str, milliseconds: float, accuracy: float, measure: str = "zero-shot") -> Speed:
    return Speed(name, milliseconds, accuracy, measure, "a paper", "cpu by torch")


CASES = {
    "the most accurate that is quick enough": (
        [speed("a", 10, 60), speed("b", 60, 70), speed("c", 300, 80)],
        "b",
    ),
    "zero-shot before another kind": ([speed("a", 10, 60), speed("b", 10, 90, "classes")], "a"),
    "the fastest where none is quick enough": ([speed("a", 90, 80), speed("b", 80, 60)], "b"),
    "not one that cannot be used": ([speed("a", math.nan, 90), speed("b", 10, 50)], "b"),
}


@pytest.mark.parametrize(("speeds", "name"), CASES.values(), ids=CASES)
def test_which_one_suits(speeds: list[Speed], name: str) -> None:
    best = suited(speeds)
    assert best is not None and best.name == name
    assert f"{name} suits this machine" in text(speeds)


def test_none_that_can_be_used() -> None:
    assert suited([]) is None
    assert "None can be used" in text([speed("a", math.nan, 90)])


def test_the_command_measures_what_is_here(vfrt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suits, "FRAMES", 2)
    outcome = vfrt("models", "--json")
    assert outcome.status == 0
    answer = json.loads(outcome.out)
    rows = {row["name"]: row for row in answer["encoders"]}
    assert rows["embedded"]["milliseconds"] > 0
    assert answer["suits"] in rows
