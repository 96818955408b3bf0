"""The trial of `make crash` in short, and that it sees what is broken."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.crash import __main__ as crash
from tools.crash import kills
from tools.crash.damage import DAMAGES, damage
from tools.crash.ledger import Ledger
from tools.crash.lesson import OWNER, WEIGHTS, Lesson, clock, learn, random_lesson
from vfrt_ros.core.memory.book import Book
from vfrt_ros.core.memory.memory import Memory


@pytest.mark.slow
def test_no_promise_is_broken(tmp_path, capsys) -> None:
    status = crash.main(
        ["--kills", "12", "--flips", "24", "--both", "8", "--seed", "5", "--folder", str(tmp_path)]
    )
    told = capsys.readouterr().out
    assert status == 0, told
    assert "12 kills" in told and "24 memories with one file damaged" in told
    assert "No promises broken" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_broken_promise_is_status_1(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(Ledger, "compare", lambda self, found: "an example is lost")
    assert crash.main(["--kills", "2", "--flips", "0", "--both", "0", "--folder", str(tmp_path)]) == 1
    assert "BROKEN: kill" in capsys.readouterr().out


def test_wrong_usage_is_status_2() -> None:
    with pytest.raises(SystemExit) as stop:
        crash.main(["--kills", "-1"])
    assert stop.value.code == 2


REGISTER = Lesson("register", "cup", "dog", 3)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    memory = Memory(OWNER, tmp_path / "memory.db", clock=clock)
    learn(memory, REGISTER)
    yield memory
    memory.close()


def acknowledged(*lessons: Lesson) -> Ledger:
    ledger = Ledger()
    for number, lesson in enumerate(lessons, 1):
        ledger.begins(lesson)
        assert ledger.done(number) == ""
    return ledger


def test_the_ledger_accepts_what_was_acknowledged_and_what_was_on_its_way(memory) -> None:
    assert acknowledged(REGISTER).compare(memory) == ""
    on_its_way = Ledger()
    on_its_way.begins(REGISTER)
    assert on_its_way.compare(memory) == ""
    not_there = acknowledged(REGISTER)
    not_there.begins(Lesson("forget", "cup", "dog", 4))
    assert not_there.compare(memory) == ""


OTHERS = {
    "one lesson more": (REGISTER, Lesson("relabel", "cup", "mug", 1)),
    "none": (),
    "other examples": (Lesson("register", "cup", "dog", 4),),
}


@pytest.mark.parametrize("lessons", OTHERS.values(), ids=OTHERS)
def test_the_ledger_sees_another_state(lessons, memory) -> None:
    assert acknowledged(*lessons).compare(memory)


def test_the_ledger_sees_another_history_and_a_stranger(memory) -> None:
    ledger = acknowledged(REGISTER)
    memory._record._book.database.execute("UPDATE step SET what = 'nothing'")
    assert "history" in ledger.compare(memory)
    assert ledger.knows(memory) == ""
    learn(memory, Lesson("register", "hat", "dog", 9))
    assert "never acknowledged" in ledger.knows(memory)


def test_the_ledger_sees_another_picture(memory) -> None:
    ledger = acknowledged(REGISTER)
    memory._record._book.database.execute("UPDATE example SET thumbnail = x'ff' WHERE id = 1")
    assert "pictures" in ledger.compare(memory)


def test_the_trial_sees_a_memory_that_acknowledges_too_early(tmp_path, monkeypatch) -> None:
    """What a process tells before it is written must be missed after a kill."""
    path, ledger = tmp_path / "memory.db", acknowledged(REGISTER)
    monkeypatch.setattr(Book, "commit", lambda self, step, rows, version: None)
    memory = Memory(OWNER, path)
    learn(memory, REGISTER)
    memory.close()
    assert "version 0 was found; expected 1" in kills._look(path, ledger)


def test_every_kind_of_lesson_comes_and_can_be_repeated() -> None:
    lessons = [random_lesson(random.Random(seed)) for seed in range(200)]
    assert {lesson.kind for lesson in lessons} == set(WEIGHTS)
    one, two = Memory(OWNER), Memory(OWNER)
    for lesson in lessons:
        learn(one, lesson)
        learn(two, lesson)
    assert one.state_hash() == two.state_hash()
    assert one.version > 50


@pytest.mark.parametrize("kind", DAMAGES)
def test_damage_is_done_and_named(kind, tmp_path, monkeypatch) -> None:
    path = tmp_path / "file"
    before = random.Random(1).randbytes(20000)
    monkeypatch.setattr("tools.crash.damage.DAMAGES", {kind: DAMAGES[kind]})
    for seed in range(20):
        path.write_bytes(before)
        done = damage(path, random.Random(seed))
        assert bool(done) == (path.read_bytes() != before)
        assert done in (kind, "")
