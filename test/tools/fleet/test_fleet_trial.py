# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The trial of `make fleet`, short; and that it finds the faults which it is there to find."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from fixtures.waiting import wait_for

from tools.fleet import trial as trials
from tools.fleet.__main__ import describe, describe_speed
from tools.fleet.robot import ACKNOWLEDGE_FIRST, WITHOUT_ORDER
from tools.fleet.trial import Trial, TrialResult
from vfrt_ros.fleet.server import ServerMissingError, server_program

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(autouse=True)
def program() -> None:
    try:
        server_program()
    except ServerMissingError as error:
        pytest.skip(str(error))


def run(
    folder: Path, *, servers: int, operations: int, faults: int, seed: int, mutant: str = ""
) -> TrialResult:
    trial = Trial(folder, 3, servers, seed, mutant)
    try:
        trial.run(operations, faults, lambda count: None)
        return trial.finish()
    finally:
        trial.close()


def test_nothing_is_lost_and_all_hold_the_same(tmp_path: Path) -> None:
    result = run(tmp_path, servers=3, operations=240, faults=12, seed=5)
    assert result.is_good, describe(result)
    assert result.operations > 100 and sum(result.faults.values()) == 12


def test_a_calm_fleet_is_measured(tmp_path: Path) -> None:
    trial = Trial(tmp_path, 2, 1, 1)
    try:
        trial.measure(operations=10, offline=20)
    finally:
        trial.close()
    assert 0 < len(trial.result.latencies) <= 10 and trial.result.catch_up is not None
    assert "99th of 100" in describe_speed(trial.result)


@pytest.mark.parametrize("mutant", [ACKNOWLEDGE_FIRST, WITHOUT_ORDER])
def test_a_fault_that_is_built_in_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    killing = mutant == ACKNOWLEDGE_FIRST
    fault = Trial._kill_robot if killing else Trial._cut
    monkeypatch.setattr(Trial, "_fault", lambda self, number: fault(self, self._dice.choice(self._robots)))
    monkeypatch.setattr(trials, "END_SECONDS", 30.0)
    result = run(tmp_path, servers=1, operations=120, faults=8, seed=3, mutant=mutant)
    assert result.lost if killing else result.contents > 1, describe(result)


def _processes_of(session: int) -> int:
    """Those that a process has started, itself and those that outlive it included."""
    count = 0
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            _, _, after_the_name = place.read_text().rpartition(")")
            count += int(after_the_name.split()[3]) == session
    return count


def test_a_trial_that_is_told_to_end_leaves_no_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.fleet", "--no-measure", "--robots", "2", "--servers", "1"]
    with subprocess.Popen(
        [*command, "--folder", str(tmp_path)], stdout=subprocess.DEVNULL, start_new_session=True
    ) as trial:
        wait_for(lambda: _processes_of(trial.pid) >= 4, "itself, a server and two robots", 90)
        trial.terminate()
        assert trial.wait(60) == 143
    wait_for(lambda: _processes_of(trial.pid) == 0, "no process")
