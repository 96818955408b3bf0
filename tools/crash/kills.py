# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Processes killed at random moments, and what is found afterwards."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tools.crash import victim
from tools.crash.operation import new_memory
from tools.crash.oracle import Oracle

LIFE = 40
"""Kills that one memory goes through before the next one begins."""
AT_START = 0.3
"""Share of the kills at a random moment after the process began; the others hit an operation."""
START_SECONDS = 0.12
OPERATION_SECONDS = 0.012
UNSEEN = 0.25
"""Share of the kills after which nobody looks before the next process starts."""


@dataclass(slots=True)
class KillReport:
    """The effect of the kills: how many in which work, what was acknowledged, and every broken promise."""

    kills: int = 0
    during: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    looked: int = 0
    violations: list[str] = field(default_factory=list)


def spawner() -> Any:
    """Starts processes from a server that has imported everything and runs nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([victim.__name__])
    return context


def run_kills(folder: Path, count: int, seed: int, tick: Callable[[], None]) -> KillReport:
    """Kill processes that change a memory, and hold what is found against what they had acknowledged.

    Args:
        folder: An empty folder to work in.
        count: Kills.
        seed: Of operations and moments; the moments also depend on the machine.
        tick: Called after each kill.
    """
    dice, context, report = random.Random(seed), spawner(), KillReport()
    oracle, path = Oracle(), folder / "0" / "memory.db"
    while report.kills < count:
        if report.kills % LIFE == 0:
            report.acknowledged += oracle.acknowledged
            oracle, path = Oracle(), folder / str(report.kills) / "memory.db"
        faults = _kill_one(context, path, oracle, dice, report)
        report.kills += 1
        if not faults and (report.kills % LIFE == 0 or report.kills == count or dice.random() > UNSEEN):
            faults = _look(path, oracle)
            report.looked += 1
        report.violations += [f"kill {report.kills} (seed {seed}): {fault}" for fault in faults]
        if faults:
            oracle, path = Oracle(), folder / f"after-{report.kills}" / "memory.db"
        tick()
    report.acknowledged += oracle.acknowledged
    return report


def _kill_one(context: Any, path: Path, oracle: Oracle, dice: random.Random, report: KillReport) -> list[str]:
    listener, teller = context.Pipe()
    process = context.Process(target=victim.run, args=(path, dice.randrange(2**31), teller), daemon=True)
    process.start()
    teller.close()
    events: list[tuple[str, Any]] = []
    try:
        if dice.random() < AT_START:
            time.sleep(dice.uniform(0, START_SECONDS))
        else:
            _wait_for_operation(listener, dice.randint(1, 8), events)
            time.sleep(dice.uniform(0, OPERATION_SECONDS))
    finally:
        process.kill()
        process.join()
    _drain(listener, events)
    report.during[_work(events)] += 1
    faults = [fault for event in events if (fault := _note(oracle, event))]
    if process.exitcode != -signal.SIGKILL:
        faults.append(f"the process ended by itself with status {process.exitcode}")
    return faults


def _wait_for_operation(listener: Connection, number: int, events: list[tuple[str, Any]]) -> None:
    """Until the operation with this number begins, or the process has ended."""
    while number and listener.poll(20):
        try:
            events.append(listener.recv())
        except EOFError:
            return
        number -= events[-1][0] == "begins"


def _drain(listener: Connection, events: list[tuple[str, Any]]) -> None:
    try:
        while True:
            events.append(listener.recv())
    except (EOFError, ConnectionResetError):
        listener.close()


def _note(oracle: Oracle, event: tuple[str, Any]) -> str:
    name, value = event
    if name == "begins":
        oracle.begins(value)
        return ""
    return oracle.done(value) if name == "done" else oracle.opened(value)


def _work(events: list[tuple[str, Any]]) -> str:
    """The kind of operation that the process was at when it was killed; else `start` or `between`."""
    if not events:
        return "start"
    name, value = events[-1]
    return str(value.kind) if name == "begins" else "between" if name == "done" else "start"


def _look(path: Path, oracle: Oracle) -> list[str]:
    """Open the memory as the next process would, and compare."""
    try:
        memory = new_memory(path)
    except Exception as error:
        return [f"the memory cannot be opened: {error!r}"]
    try:
        faults = [*memory.notices, oracle.compare(memory)]
        if not memory.has_copy:
            faults.append("the copy is missing or behind")
    finally:
        memory.close()
    return [fault for fault in faults if fault]
