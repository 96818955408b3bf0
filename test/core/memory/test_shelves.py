"""Examples by id and by label."""

from __future__ import annotations

import numpy as np

from vfrt_ros.core.memory.shelves import Shelves
from vfrt_ros.core.types.example import Example


def example(key: int, label: str) -> Example:
    return Example(key, label, np.ones(1, np.float32))


def test_examples_of_a_label_are_those_and_in_the_order_that_they_came_in() -> None:
    shelves = Shelves()
    for key, label in ((3, "cup"), (1, "dog"), (2, "cup")):
        shelves.add(example(key, label))
    assert [one.id for one in shelves.of("cup")] == [3, 2]
    assert [one.id for one in shelves.all()] == [3, 1, 2]
    assert (shelves.of("hat"), shelves[1].label, len(shelves)) == ([], "dog", 3)


def test_a_removed_example_is_gone_from_both_and_may_come_back_under_another_label() -> None:
    shelves = Shelves()
    shelves.add(example(1, "cup"))
    shelves.remove(1)
    assert (shelves.of("cup"), shelves.all(), len(shelves)) == ([], [], 0)
    shelves.add(example(1, "mug"))
    assert [one.id for one in shelves.of("mug")] == [1]
    assert shelves.of("cup") == []
