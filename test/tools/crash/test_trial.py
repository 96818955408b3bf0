# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The trial of `make crash` in short, and that it sees what is broken."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixtures.waiting import wait_for

from tools.crash import __main__ as crash
from tools.crash import kills
from tools.crash.damage import DAMAGES, damage
from tools.crash.operation import (
    WEIGHTS,
    TrialOperation,
    do,
    new_memory,
    of_another_robot,
    random_operation,
)
from tools.crash.oracle import Oracle
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.store_file import StoreFile


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
    monkeypatch.setattr(Oracle, "compare", lambda self, found: "an example is lost")
    assert crash.main(["--kills", "2", "--flips", "0", "--both", "0", "--folder", str(tmp_path)]) == 1
    assert "BROKEN: kill" in capsys.readouterr().out


def test_wrong_usage_is_status_2() -> None:
    with pytest.raises(SystemExit) as stop:
        crash.main(["--kills", "-1"])
    assert stop.value.code == 2


TEACH = TrialOperation("teach", "cup", "dog", 3)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    memory = new_memory(tmp_path / "memory.db")
    do(memory, TEACH)
    yield memory
    memory.close()


def acknowledged(*operations: TrialOperation) -> Oracle:
    oracle = Oracle()
    for number, operation in enumerate(operations, 1):
        oracle.begins(operation)
        assert oracle.done(number) == ""
    return oracle


def test_the_oracle_accepts_what_was_acknowledged_and_what_was_on_its_way(memory) -> None:
    assert acknowledged(TEACH).compare(memory) == ""
    on_its_way = Oracle()
    on_its_way.begins(TEACH)
    assert on_its_way.compare(memory) == ""
    not_there = acknowledged(TEACH)
    not_there.begins(TrialOperation("forget", "cup", "dog", 4))
    assert not_there.compare(memory) == ""


OTHERS = {
    "one operation more": (TEACH, TrialOperation("relabel", "cup", "mug", 1)),
    "none": (),
    "other examples": (TrialOperation("teach", "cup", "dog", 4),),
}


@pytest.mark.parametrize("operations", OTHERS.values(), ids=OTHERS)
def test_the_oracle_sees_another_state(operations, memory) -> None:
    assert acknowledged(*operations).compare(memory)


def test_the_oracle_sees_another_history_and_a_stranger(memory, monkeypatch) -> None:
    oracle = acknowledged(TEACH)
    monkeypatch.setattr(memory.log, "history", list)
    assert "history" in oracle.compare(memory)
    assert oracle.knows(memory) == ""
    do(memory, TrialOperation("teach", "hat", "dog", 9))
    assert "never acknowledged" in oracle.knows(memory)


def test_the_oracle_knows_each_operation_by_itself_though_others_are_lost(memory) -> None:
    """Of what another robot did and came in at once, a salvage may find the first part and not what followed."""
    adopt = next(
        operation
        for seed in range(100)
        if len(of_another_robot(operation := TrialOperation("adopt", "cup", "dog", seed))) > 2
    )
    oracle = acknowledged(adopt)
    first = min(of_another_robot(adopt), key=lambda operation: operation.order)
    memory.log.adopt([first])
    memory.forget_examples([example.id for example in memory.examples() if example.id.operation != first.id])
    assert oracle.knows(memory) == ""
    memory.relabel("cup", "a name that nobody gave")
    assert "never acknowledged" in oracle.knows(memory)


def test_the_oracle_sees_another_picture(memory) -> None:
    oracle = acknowledged(TEACH)
    memory._folded.store._file.database.execute("UPDATE operation SET digest = x'00'")
    assert "pictures" in oracle.compare(memory)


def test_the_trial_sees_a_memory_that_acknowledges_too_early(tmp_path, monkeypatch) -> None:
    """What a process tells before it is written must be missed after a kill."""
    path, oracle = tmp_path / "memory.db", acknowledged(TEACH)
    monkeypatch.setattr(StoreFile, "append", lambda self, rows, version, meta=None: None)
    memory = new_memory(path)
    do(memory, TEACH)
    memory.close()
    assert "version 0 was found; expected 1" in kills._look(path, oracle)


def test_every_kind_of_operation_comes_and_can_be_repeated() -> None:
    operations = [random_operation(random.Random(seed)) for seed in range(200)]
    assert {operation.kind for operation in operations} == set(WEIGHTS)
    one, two = new_memory(), new_memory()
    for operation in operations:
        do(one, operation)
        do(two, operation)
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


def test_a_trial_that_is_told_to_end_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.crash", "--kills", "100000", "--folder", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as trial:
        wait_for(lambda: any(tmp_path.glob("vfrt-crash-*/kills/*/memory.db")), "a memory", 90)
        trial.terminate()
        _, errors = trial.communicate(timeout=60)  # its processes have these pipes too
    assert (trial.returncode, errors) == (143, "")
    assert list(tmp_path.iterdir()) == []
