# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A robot of the trial: a memory and its exchange, in a process that is told what to do and can be killed."""

from __future__ import annotations

import hashlib
import logging
import os
import random
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from vfrt_ros.core.config.live_settings import LiveSettings
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.clock import from_seconds
from vfrt_ros.core.memory.memory import Memory, NewExample
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import VfrtError
from vfrt_ros.core.types.job import Job
from vfrt_ros.core.types.operation import Operation, OperationId
from vfrt_ros.fleet.exchange import Exchange
from vfrt_ros.fleet.settings import fleet_settings
from vfrt_ros.fleet.shared_memory import SharedMemory

ENCODER = EncoderIdentity("trial", "trial-space", 64)
LABELS = [f"thing {number}" for number in range(30)]
ACKNOWLEDGE_FIRST = "acknowledge before writing"
WITHOUT_ORDER = "apply without order"
MUTANTS = (ACKNOWLEDGE_FIRST, WITHOUT_ORDER)


@dataclass(frozen=True, slots=True)
class RobotStart:
    """The arguments of a robot's process.

    Attributes:
        mutant: A fault that is built in, to see that the trial finds it; empty = none.
    """

    name: str
    folder: Path
    url: str
    seed: int
    offset: float = 0.0
    mutant: str = ""
    encoder: EncoderIdentity = ENCODER


def run(connection: Connection, start: RobotStart) -> None:
    """The process: carries out commands until it is told to stop, or killed."""
    logging.getLogger("vfrt_ros").setLevel(logging.ERROR)
    if start.mutant == WITHOUT_ORDER:
        _without_order()
    robot = _Robot(connection, start)
    connection.send(("ready", robot.memory.robot))
    while (command := connection.recv())[0] != "stop":
        getattr(robot, command[0])(*command[1:])
    robot.exchange.stop()
    robot.memory.close()
    connection.send(("stopped",))


class _Robot:
    def __init__(self, connection: Connection, start: RobotStart) -> None:
        self._connection = connection
        self._mutant = start.mutant
        self._offset, self._frozen = start.offset, 0.0
        self._dice = random.Random(f"{start.seed} {os.getpid()}")
        self._numbers = np.random.default_rng(self._dice.getrandbits(32))
        self._came: dict[tuple[str, int], float] = {}
        start.folder.mkdir(parents=True, exist_ok=True)
        path = start.folder / "memory.db"
        self.memory = Memory(start.encoder, path, clock=lambda: self._frozen or time.time() + self._offset)
        self._newest = self.memory.log.robots()
        live = LiveSettings(RecognitionSettings())
        settings = fleet_settings(start.url, "trial", "", start.name)
        self.exchange = Exchange(settings, SharedMemory(self.memory, _at_once, live))
        self.memory.listen(lambda step: self._follow())
        self.exchange.start()

    def do(self, count: int, pause: float) -> None:
        """Make operations at random; each is acknowledged to the parent as soon as it is durable."""
        for _ in range(count):
            if pause:
                time.sleep(self._dice.expovariate(1 / pause))
            if self._mutant == ACKNOWLEDGE_FIRST:
                self._acknowledge_first()
                continue
            with self.memory.lock:
                made = self._operate(self.memory)
            if made is not None:
                self._connection.send(("ack", made, time.monotonic()))
        self._connection.send(("done",))

    def state(self) -> None:
        """Tell what it holds and how the exchange stands."""
        status = self.exchange.status
        with self.memory.lock:
            told = (self.memory.robot, self.memory.state_hash(), sum(self.memory.log.robots().values()))
        self._connection.send(
            ("state", *told, status.waiting, status.lag, status.trouble, bool(status.server))
        )

    def contents(self) -> None:
        """Tell a digest of labels and prompts, and the kind and the clock of every operation."""
        with self.memory.lock:
            contents = _contents(self.memory)
        self._connection.send(("contents", *contents))

    def arrivals(self) -> None:
        """Tell when operations were first here, in seconds of the machine's monotonic clock."""
        self._connection.send(("arrivals", dict(self._came)))

    def backup(self, path: Path) -> None:
        """Write a copy of the memory."""
        path.unlink(missing_ok=True)
        self.memory.backup(path)
        self._connection.send(("backed up",))

    def clock(self, offset: float) -> None:
        """Set this machine's clock."""
        self._offset = offset

    def _acknowledge_first(self) -> None:
        """A mutant: the answer goes out, and then it is written."""
        self._frozen = time.time() + self._offset
        with self.memory.lock:
            newest = max((row[2] for row in self.memory.log.rows()), default=0)
        mark = ("teach", max(newest + 1, from_seconds(self._frozen)))
        self._connection.send(("ack", mark, time.monotonic()))
        time.sleep(0.02)
        self.memory.register(LABELS[0], self._examples(1))
        self._frozen = 0.0

    def _follow(self) -> None:
        now, newest = time.monotonic(), self.memory.log.robots()
        for robot, number in newest.items():
            for each in range(self._newest.get(robot, 0) + 1, number + 1):
                row = self.memory.log.row(OperationId(robot, each))
                if row is not None:
                    self._came.setdefault((row[3], row[2]), now)
        self._newest = newest
        self.exchange.wake()

    def _operate(self, memory: Memory) -> tuple[str, int] | None:
        """One change; its kind and clock, which stay whatever id it gets."""
        try:
            self._change(memory)
        except VfrtError:  # nothing to undo, a label that has this name
            return None
        row = memory.log.row(OperationId(memory.robot, memory.log.robots()[memory.robot]))
        return None if row is None else (row[3], row[2])

    def _change(self, memory: Memory) -> Any:
        dice, label = self._dice, self._dice.choice(LABELS)
        what = dice.random()
        if what < 0.6 or not memory.labels:
            return memory.register(label, self._examples(dice.randint(1, 3)))
        if what < 0.75:
            return memory.set_prompts({label: (f"a {dice.getrandbits(16)} {label}",)})
        if what < 0.85:
            return memory.relabel(dice.choice(memory.labels), dice.choice(LABELS))
        if what < 0.93:
            return memory.forget_examples([dice.choice(memory.examples()).id] if len(memory) else [])
        return memory.undo() if what < 0.98 else memory.redo()

    def _examples(self, count: int) -> list[NewExample]:
        rows = self._numbers.normal(size=(count, self.memory.encoder.dim)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return [NewExample(row, {}) for row in rows]


def _contents(memory: Memory) -> tuple[str, list[tuple[str, int]]]:
    digest = hashlib.sha256()
    for example in memory.examples():
        digest.update(f"{example.id} {example.label}\n".encode() + example.embedding.tobytes())
    digest.update(repr(sorted(memory.prompts.items())).encode())
    return digest.hexdigest(), [(row[3], row[2]) for row in memory.log.rows()]


def _without_order() -> None:
    """From now on what came last wins, and not what was done last."""
    arrived: dict[OperationId, int] = {}

    def order(operation: Operation) -> tuple[int, str, int]:
        return arrived.setdefault(operation.id, len(arrived)), "", 0

    setattr(Operation, "order", property(order))  # noqa: B010


def _at_once(work: Any) -> Job:
    job = Job(work)
    job.run()
    return job
