# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Memories whose files are damaged at random, and what is found afterwards."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.crash import victim
from tools.crash.damage import damage
from tools.crash.kills import spawner
from tools.crash.operation import new_memory
from tools.crash.oracle import Oracle
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.recovery import copy_path

SAMPLES = 8
OPERATIONS = 60
NAME = "memory.db"


@dataclass(slots=True)
class FlipReport:
    """The effect of the damage: trials by file and kind, how they ended, and every broken promise."""

    trials: int = 0
    where: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LeftMemory:
    """A memory's folder as a killed or an ended process left it, and what had been acknowledged."""

    folder: Path
    oracle: Oracle


def run_flips(
    folder: Path, count: int, seed: int, tick: Callable[[], None], *, both: bool = False
) -> FlipReport:
    """Damage files of memories and hold what is found against what was acknowledged.

    Args:
        folder: An empty folder to work in.
        count: Memories to damage.
        seed: Of the memories and of the damage.
        tick: Called after each.
        both: Damage the memory and its copy; else one file of the two and of what SQLite keeps beside them.
    """
    dice, report = random.Random(seed), FlipReport()
    samples = [_raise(folder / f"sample-{number}", dice, number) for number in range(_samples(count))]
    while report.trials < count:
        sample = dice.choice(samples)
        copy = folder / "hurt"
        shutil.copytree(sample.folder, copy)
        hurt = _hurt(copy, dice, both)
        if hurt:
            report.trials += 1
            report.where.update(hurt.keys())
            report.kinds.update(hurt.values())
            faults = _look_at_both(copy, sample, report) if both else _look_at_one(copy, sample, report)
            words = ", ".join(f"{name}: {kind}" for name, kind in hurt.items())
            report.violations += [
                f"trial {report.trials} (seed {seed}; {words}): {fault}" for fault in faults
            ]
            tick()
        shutil.rmtree(copy)
    return report


def _samples(count: int) -> int:
    """How many memories to raise: a short trial does with few, each of which takes seconds."""
    return max(2, min(SAMPLES, count // 25))


def _raise(folder: Path, dice: random.Random, number: int) -> LeftMemory:
    """A memory that was changed a good deal; but for every fourth one it was killed, and its log is full."""
    oracle, context = Oracle(), spawner()
    listener, teller = context.Pipe()
    arguments = (folder / NAME, dice.randrange(2**31), teller, OPERATIONS)
    process = context.Process(target=victim.run, args=arguments, daemon=True)
    process.start()
    teller.close()
    event: tuple[str, Any] = ("", None)
    while event[0] != "waits":
        event = listener.recv()
        if event[0] == "begins":
            oracle.begins(event[1])
        elif event[0] == "done":
            oracle.done(event[1])
    process.kill()
    process.join()
    if number % 4 == 1:
        new_memory(folder / NAME).close()
    return LeftMemory(folder, oracle)


def _hurt(copy: Path, dice: random.Random, both: bool) -> dict[str, str]:
    """Damage one file, or one of the memory's and one of the copy's; returns what was done to which."""
    files = [path for path in sorted(copy.iterdir()) if path.stat().st_size and path.suffix != ".lock"]
    copies = [path for path in files if path.name.startswith(copy_path(copy / NAME).name)]
    firsts = [path for path in files if path not in copies]
    chosen = [dice.choice(firsts), dice.choice(copies)] if both else [dice.choice(files)]
    done = {path.name: damage(path, dice) for path in chosen}
    return done if all(done.values()) else {}


def _look_at_one(copy: Path, sample: LeftMemory, report: FlipReport) -> list[str]:
    """Nothing may be missing; what was damaged is kept and spoken of; the next start has nothing to say."""
    try:
        memory = new_memory(copy / NAME)
    except Exception as error:
        return [f"the memory cannot be opened: {error!r}"]
    try:
        faults = [_difference(memory, sample.oracle)]
        kept = any(".damaged-" in path.name for path in copy.iterdir())
        if _told(memory) and not kept:
            faults.append("a damaged file was not kept")
        report.endings["mended" if _told(memory) else "harmless"] += 1
        if not memory.has_copy:
            faults.append("the copy is missing or behind")
    finally:
        memory.close()
    return [fault for fault in [*faults, *_second_start(copy, sample.oracle)] if fault]


def _second_start(copy: Path, oracle: Oracle) -> list[str]:
    memory = new_memory(copy / NAME)
    try:
        return [*memory.notices, _difference(memory, oracle)]
    finally:
        memory.close()


def _look_at_both(copy: Path, sample: LeftMemory, report: FlipReport) -> list[str]:
    """It opens, what it holds was acknowledged so, and where anything is missing it says so."""
    try:
        memory = new_memory(copy / NAME)
    except Exception as error:
        return [f"the memory cannot be opened: {error!r}"]
    try:
        loss = _difference(memory, sample.oracle)
        faults = [sample.oracle.knows(memory)]
        if loss and not _told(memory):
            faults.append(f"not a word was said although {loss}")
        wanted = {example.id for example in sample.oracle.memory.examples()}
        found = {example.id for example in memory.examples()}
        share = len(wanted & found) / len(wanted) if wanted else 1.0
        ending = "nothing lost" if not loss else "all examples" if share == 1 else f"{share:.0%}"
        report.endings[ending if share in (0, 1) else f"{10 * int(10 * share)} % or more"] += 1
    finally:
        memory.close()
    return [fault for fault in faults if fault]


def _told(memory: Memory) -> list[str]:
    """Notices of damage, without the one that the folder was copied, which is true of every one of them."""
    return [notice for notice in memory.notices if "goes on as robot" not in notice]


def _difference(memory: Memory, oracle: Oracle) -> str:
    expected = oracle.memory
    if memory.version != expected.version:
        return f"version {memory.version} was found; expected {expected.version}"
    if memory.state_hash() != expected.state_hash():
        return "other operations are in force than those that were acknowledged"
    return oracle.deeper_fault(memory)
