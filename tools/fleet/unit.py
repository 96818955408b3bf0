# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A robot as the trial holds it: its process, its disk, its network, and what it has acknowledged."""

from __future__ import annotations

import multiprocessing
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.fleet.network import FleetNetwork, Weather
from tools.fleet.robot import ANSWER_SECONDS, Mark, RobotStart, run
from vfrt_ros.core.types.encoder_identity import EncoderIdentity

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tools.fleet.robot"])


@dataclass(frozen=True, slots=True)
class RobotState:
    """The state that a robot tells of itself; see `robot._Robot.state`."""

    robot: str
    state_hash: str
    operations: int
    waiting: int | None
    lag: int
    trouble: str
    refusal: str
    connected: bool


class Unit:
    """One robot of the trial.

    Attributes:
        acknowledged: Marks of what it said was done, and when.
        busy: Commands to make operations that are not answered.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        network: FleetNetwork,
        seed: int,
        mutant: str = "",
        encoder: EncoderIdentity | None = None,
    ) -> None:
        self.name = name
        self.folder = folder / name
        self.backup = folder / f"{name}.backup"
        self.network, self.port = network, network.add()
        self.acknowledged: dict[Mark, float] = {}
        self.busy = 0
        self.offset = 0.0
        self._seed, self._mutant, self._encoder = seed, mutant, encoder
        self._process: Any = None
        self._connection: Any = None
        self.start()

    def start(self) -> None:
        """Start the process on whatever is on its disk."""
        ours, theirs = _CONTEXT.Pipe()
        start = RobotStart(
            self.name,
            self.folder,
            f"nats://127.0.0.1:{self.port}",
            self._seed,
            self.offset,
            self._mutant,
            self._encoder,
        )
        self._process = _CONTEXT.Process(target=run, args=(theirs, start), daemon=True)
        self._process.start()
        theirs.close()
        self._connection, self.busy = ours, 0
        self._answer("ready")

    def kill(self) -> None:
        """End the process at once; what it had acknowledged until then counts."""
        self._process.kill()
        self._process.join()
        self.hear()
        self._connection.close()

    close = kill
    """Nothing has to be taken down in order."""

    def do(self, count: int, pause: float = 0.0) -> None:
        """Have it make operations; it answers as it goes."""
        self.busy += 1
        self._send("do", count, pause)

    def hear(self) -> None:
        """Take in what it has said meanwhile."""
        try:
            while self._connection.poll():
                self._take(self._connection.recv())
        except (EOFError, OSError):
            return

    def settle(self) -> None:
        """Wait until it has made all operations that it was told to."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while self.busy:
            if self._connection.poll(0.05):
                self._take(self._connection.recv())
            elif time.monotonic() > deadline:
                raise TimeoutError(f"robot {self.name} gives no answer")

    def state(self) -> RobotState:
        """The state that it tells of itself."""
        self._send("state")
        return RobotState(*self._answer("state"))

    def contents(self) -> tuple[str, list[Mark]]:
        """A digest of what its operations come to, and their marks."""
        self._send("contents")
        digest, marks = self._answer("contents")
        return digest, marks

    def arrivals(self) -> dict[Mark, float]:
        """When operations came to it."""
        self._send("arrivals")
        return dict(self._answer("arrivals")[0])

    def set_clock(self, offset: float) -> None:
        """Let its clock jump."""
        self.offset = offset
        self._send("clock", offset)

    def set_network(self, weather: Weather) -> None:
        """Change how its network does."""
        self.network.set(self.port, weather)

    def back_up(self) -> None:
        """Keep a copy of its memory."""
        self._send("backup", self.backup)
        self._answer("backed up")

    def put_back(self) -> None:
        """Kill it, put the copy in the place of its memory, and start it."""
        self.kill()
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        shutil.copy(self.backup, self.folder / "memory.db")
        self.start()

    def take_disk_of(self, other: Unit) -> None:
        """Kill both, give this one a copy of the other's disk, and start both."""
        self.kill()
        other.kill()
        shutil.rmtree(self.folder)
        shutil.copytree(other.folder, self.folder)
        self.backup.unlink(missing_ok=True)
        other.start()
        self.start()

    def _send(self, *command: Any) -> None:
        self._connection.send(command)

    def _answer(self, kind: str) -> tuple:
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            if self._connection.poll(0.05):
                message = self._connection.recv()
                if message[0] == kind:
                    return tuple(message[1:])
                self._take(message)
            elif time.monotonic() > deadline:
                raise TimeoutError(f"robot {self.name} gives no answer")

    def _take(self, message: tuple) -> None:
        if message[0] == "ack":
            self.acknowledged[message[1]] = message[2]
        elif message[0] == "done":
            self.busy -= 1
