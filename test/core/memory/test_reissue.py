# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A copy that nobody noticed: its operations get ids of their own, and nothing that was taught is lost."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.robot_names import fact, robots_called
from vfrt_ros.core.types.errors import MemoryStoreError, RequestError
from vfrt_ros.core.types.example import Step
from vfrt_ros.core.types.operation import OperationId

from .teaching import ENCODER, new_examples, reopened


def busy(path: Path | None = None) -> Memory:
    """Two operations that others know, and four that name each other and are its own alone."""
    memory = Memory(ENCODER, path)
    memory.register("cup", new_examples(2, 1))
    memory.register("dog", new_examples(1, 2))
    memory.register("cat", new_examples(2, 3))
    memory.relabel("cat", "lion")
    memory.forget("cup")
    memory.undo()
    return memory


def contents(memory: Memory) -> list[tuple[str, bytes]]:
    return [(example.label, example.embedding.tobytes()) for example in memory.examples()]


def test_what_it_was_taught_stays_and_the_old_numbers_are_free(tmp_path: Path) -> None:
    memory = busy(tmp_path / "m.db")
    old, before, steps = memory.robot, contents(memory), []
    memory.listen(steps.append)
    memory.log.reissue(2)
    assert memory.robot != old and contents(memory) == before and memory.labels == ("cup", "dog", "lion")
    assert memory.log.robots() == {old: 2, memory.robot: 4}
    step: Step = steps[0]
    assert {e.id.operation for e in step.examples.removed} == {OperationId(old, 3)}
    assert {e.id.operation for e in step.examples.added} == {OperationId(memory.robot, 1)}
    assert memory.redo().what == "forgot 'cup' (2 examples)"
    memory.undo()
    assert memory.undo().what == "renamed 'cat' to 'lion' (2 examples)"
    state = memory.state_hash(), memory.robot
    memory.close()
    with contextlib.closing(reopened(tmp_path / "m.db")) as again:
        assert (again.state_hash(), again.robot, again.notices) == (*state, ())


def test_undo_leaves_alone_what_the_other_one_does_under_the_old_id() -> None:
    memory = busy()
    other = Memory(ENCODER, robot=memory.robot)
    other.log.adopt([op for n in (1, 2) if (op := memory.log.operation(OperationId(memory.robot, n)))])
    memory.log.reissue(2)
    other.register("hat", new_examples(1, 9))
    memory.log.adopt([op for key in other.log.known() if (op := other.log.operation(key))])
    assert "hat" in memory.labels
    for _ in range(4):
        memory.undo()
    assert memory.labels == ("hat",)


def test_where_it_cannot_be_written_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = busy(tmp_path / "m.db")
    before = memory.robot, memory.state_hash(), contents(memory)

    def full(*args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("vfrt_ros.core.memory.store_file.StoreFile.rename", full)
    with pytest.raises(MemoryStoreError, match="disk full"):
        memory.log.reissue(2)
    assert (memory.robot, memory.state_hash(), contents(memory)) == before
    memory.close()


CALLED = {
    "id": ("a1b2c3d4", ("a1b2c3d4",)),
    "beginning of an id": ("d4e5", ("d4e5f6a7",)),
    "name": ("desk", ("a1b2c3d4", "ffff0000")),
}


@pytest.mark.parametrize(("text", "robots"), CALLED.values(), ids=CALLED)
def test_a_robot_is_called_by_its_id_or_its_name(text: str, robots: tuple[str, ...]) -> None:
    names = {"a1b2c3d4": "desk", "ffff0000": "desk", "d4e5f6a7": "door"}
    assert robots_called(text, ["a1b2c3d4", "ffff0000", "d4e5f6a7"], names) == robots


@pytest.mark.parametrize(
    ("text", "words"),
    [("dusk", "Did you mean 'desk'"), ("a1b", "no robot"), ("a1b2", "write more"), ("", "no robot")],
)
def test_who_is_not_there_is_said_with_who_is(text: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        robots_called(text, ["a1b2c3", "a1b2d4"], {"a1b2c3": "desk"})


def test_undo_takes_a_name() -> None:
    memory, other = busy(), Memory(ENCODER)
    other.register("hat", new_examples(1, 9))
    memory.log.adopt(
        [op for key in other.log.known() if (op := other.log.operation(key))], fact(other.robot, "desk")
    )
    assert "hat" in memory.undo("desk").what
    assert memory.log.robot_names() == {other.robot: "desk"}
