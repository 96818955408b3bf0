# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Operations of other robots: taken as they are, in any order, once; what is wrong is refused by name."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from vfrt_ros.core.memory.clock import from_seconds
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.payload import SetPrompts
from vfrt_ros.core.memory.payload_bytes import encode
from vfrt_ros.core.types.errors import OperationError
from vfrt_ros.core.types.operation import Kind, Operation, OperationId

from .teaching import ENCODER, new_examples, nth, taught

NOW = time.time()


@pytest.fixture
def other() -> Memory:
    return Memory(ENCODER, clock=lambda: NOW)


def operations(memory: Memory) -> list[Operation]:
    found = [memory.log.operation(key) for key in sorted(memory.log.known(), key=lambda key: key.number)]
    return [operation for operation in found if operation is not None]


def test_a_robot_that_has_the_same_operations_has_the_same_hash(other) -> None:
    memory = taught()
    memory.relabel("cup", "mug")
    memory.undo()
    other.log.adopt(list(reversed(operations(memory))))
    assert other.state_hash() == memory.state_hash()
    assert [e.id for e in other.examples()] == [e.id for e in memory.examples()]
    assert other.prompts == memory.prompts


def test_what_is_known_changes_nothing(other) -> None:
    memory = taught()
    other.log.adopt(operations(memory))
    before = other.version, other.state_hash()
    other.log.adopt(operations(memory))
    assert (other.version, other.state_hash()) == before


def test_forgetting_spares_what_it_did_not_see(other) -> None:
    memory = Memory(ENCODER)
    memory.register("cup", new_examples(2, 1))
    other.log.adopt(operations(memory))
    other.register("cup", new_examples(1, 2))
    memory.forget("cup")
    other.log.adopt(operations(memory))
    assert other.table.count("cup") == 1


def test_the_later_of_two_names_stays() -> None:
    now = [NOW]
    one, two = (Memory(ENCODER, clock=lambda: now[0]) for _ in range(2))
    one.register("cup", new_examples(2, 1))
    two.log.adopt(operations(one))
    now[0] += 1
    one.relabel("cup", "mug")
    now[0] += 1
    two.relabel("cup", "glass")
    one.log.adopt(operations(two))
    two.log.adopt(operations(one))
    assert one.labels == two.labels == ("glass",)


def test_undo_takes_back_ones_own(other) -> None:
    memory = taught()
    other.register("hat", new_examples(1, 5))
    other.log.adopt(operations(memory))
    assert "hat" in other.undo().what
    assert other.undo(memory.robot).what == "set the prompts of 'cat', 'dog'"


def test_an_undo_that_comes_before_what_it_takes_back(other) -> None:
    memory = taught()
    memory.undo()
    *rest, undo = operations(memory)
    other.log.adopt([undo])
    other.log.adopt(rest)
    assert other.prompts == {} and other.state_hash() == memory.state_hash()


def test_what_came_from_a_file_is_taken_back_together(other) -> None:
    other.register("hat", new_examples(1, 5))
    before = other.state_hash(), other.labels
    other.log.adopt(operations(taught()), origin="desk.zip")
    assert "cup" in other.labels
    assert other.undo().what == "desk.zip: 4 operations"
    assert (other.state_hash(), other.labels) == before
    other.redo()
    assert "cup" in other.labels


def test_facts_are_written_with_the_operations(other) -> None:
    other.log.adopt(operations(taught()), {"fleet_position": "17"})
    assert other.log.meta()["fleet_position"] == "17"


def from_afar(seconds: float) -> Operation:
    return Operation.make("far", 1, from_seconds(seconds), Kind.PROMPTS, encode(SetPrompts({"cup": ()})))


def test_a_memory_whose_numbers_are_used_elsewhere_goes_on_as_another(tmp_path, other) -> None:
    robot = other.robot
    other.register("hat", new_examples(1, 5))
    made_elsewhere = Operation.make(
        robot, 2, from_seconds(NOW), Kind.PROMPTS, encode(SetPrompts({"cup": ()}))
    )
    other.log.adopt([made_elsewhere])
    assert other.robot != robot
    other.register("dog", new_examples(1, 6))
    assert OperationId(other.robot, 1) in other.log.known()
    assert "dog" in other.undo().what


REFUSED = {
    "broken": (lambda memory: [replace(from_afar(NOW), payload=b"")], "checksum differs"),
    "another one under a known id": (
        lambda memory: [Operation.make(memory.robot, 1, 5, Kind.PROMPTS, encode(SetPrompts({"x": ()})))],
        "two robots use the id",
    ),
    "from far in the future": (lambda memory: [from_afar(NOW + 2 * 24 * 3600)], "in the future"),
    "nonsense, well wrapped": (
        lambda memory: [Operation.make("far", 1, from_seconds(NOW), Kind.TEACH, b"hello")],
        "broken 'teach'",
    ),
}


@pytest.mark.parametrize(("made", "text"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_refused_and_nothing_is_taken(made, text, other) -> None:
    other.register("hat", new_examples(1, 5))
    before = other.version, other.state_hash(), other.robot
    with pytest.raises(OperationError, match=text):
        other.log.adopt([*operations(taught()), *made(other)])
    assert (other.version, other.state_hash(), other.robot) == before


def test_compact_drops_what_nothing_brings_back_and_keeps_the_hash(tmp_path) -> None:
    memory = taught(tmp_path / "m.db")
    memory.forget_examples(nth(memory, 1))
    memory.forget("dog")
    before = memory.state_hash(), memory.labels, len(memory)
    assert memory.compact() == 0
    assert memory.compact(depth=0) == 3
    assert (memory.state_hash(), memory.labels, len(memory)) == before
    memory.close()
    again = Memory(ENCODER, tmp_path / "m.db")
    assert (again.state_hash(), again.labels, len(again), again.notices) == (*before, ())
    again.close()
