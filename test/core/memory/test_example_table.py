# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which examples of the table may be frames of one visit."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from core.memory.teaching import ENCODER, new_examples, reopened

from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.types.operation import ExampleId, OperationId

GAP = 60.0
NOON = 1_790_000_000.0


def visits(*examples: tuple[str, int, int, float]) -> list[int]:
    """The visits of examples of one label: robot, operation, batch, and seconds after noon (-1 = not known)."""
    table = ExampleTable()
    places: dict[OperationId, int] = {}
    for robot, number, batch, after in examples:
        operation = OperationId(robot, number)
        place = places[operation] = places.get(operation, -1) + 1
        table.add(
            ExampleId(operation, place),
            "cup",
            np.float32([0.6, 0.8]),
            clock=number,
            batch=batch,
            created=0.0 if after < 0 else NOON + after,
        )
    return table.visits("cup", GAP).tolist()


@pytest.mark.parametrize(
    ("examples", "expected"),
    [
        pytest.param((("a", 1, 0, 0), ("a", 1, 0, 0), ("a", 2, 0, 900)), [0, 0, 1], id="one registration"),
        pytest.param((("a", 1, 0, 0), ("a", 2, 0, 60), ("a", 3, 0, 121)), [0, 0, 1], id="a pause that is longer"),
        pytest.param((("a", 1, 0, 0), ("a", 2, 0, 50), ("a", 3, 0, 100)), [0, 0, 0], id="one after another"),
        pytest.param((("a", 1, 0, 0), ("b", 2, 0, 1)), [0, 1], id="two robots"),
        pytest.param((("a", 1, 0, -1), ("a", 2, 0, -1)), [0, 1], id="no time is known"),
        pytest.param((("a", 1, 7, -1), ("a", 1, 7, -1), ("a", 1, 8, -1)), [0, 0, 1], id="batches of an import"),
        pytest.param((("a", 1, 0, 100), ("a", 2, 0, 0), ("a", 3, 0, 99)), [1, 0, 1], id="a clock that was set back"),
    ],
)  # fmt: skip
def test_what_is_shown_without_a_pause_may_be_one_visit(
    examples: tuple[tuple[str, int, int, float], ...], expected: list[int]
) -> None:
    assert visits(*examples) == expected


def test_nothing_has_no_visit() -> None:
    assert ExampleTable().visits("cup", GAP).tolist() == []


def test_visits_outlive_undo_relabelling_and_a_restart(tmp_path: Path) -> None:
    now = [NOON]
    with contextlib.closing(Memory(ENCODER, tmp_path / "memory.db", clock=lambda: now[0])) as memory:
        for minute in (0, 0.5, 30, 30.5):
            now[0] = NOON + 60 * minute
            memory.register("cup", new_examples(1, int(10 * minute)))
        expected = [0, 0, 1, 1]
        assert memory.table.visits("cup", GAP).tolist() == expected
        for change in (memory.undo, memory.redo, lambda: memory.relabel("cup", "mug"), memory.undo):
            change()
        assert memory.table.visits("cup", GAP).tolist() == expected
    with contextlib.closing(reopened(tmp_path / "memory.db")) as again:
        assert again.table.visits("cup", GAP).tolist() == expected
