# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The trial: robots are taught while everything fails at random; at the end all must hold the same, and all of it."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tools.fleet.network import FleetNetwork, Weather
from tools.fleet.servers import Servers
from tools.fleet.unit import Mark, RobotState, Unit

DAY = 24 * 3600.0
LATENCY_OPERATIONS, LATENCY_PAUSE = 200, 0.25
OFFLINE_OPERATIONS = 1000
END_SECONDS = 300.0
"""How long all may take to hold the same once nothing fails any more."""
Done = Callable[[int], object]


@dataclass(slots=True)
class TrialResult:
    """The outcome.

    Attributes:
        operations: Acknowledged ones.
        faults: How often each was done.
        latencies: Seconds from the answer of one robot until all knew, in a calm fleet.
        catch_up: Seconds in which operations that were made offline were known to all; None = not tried.
        settle: Seconds from the last fault until all held the same.
        lost: Acknowledged operations that a robot does not have at the end.
        hashes, contents: How many different ones there are at the end.
        states: Of the robots at the end.
    """

    operations: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    catch_up: float | None = None
    settle: float = 0.0
    lost: int = 0
    hashes: int = 0
    contents: int = 0
    states: list[RobotState] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost and all hold the same."""
        return self.lost == 0 and self.hashes == 1 and self.contents == 1


class Trial:
    """Servers, robots, and what befalls them.

    Args:
        folder: For all disks.
        robots, servers: How many.
        seed: Of all choices.
        mutant: A fault that is built into the robots, which the trial must find.
    """

    def __init__(self, folder: Path, robots: int, servers: int, seed: int, mutant: str = "") -> None:
        self._dice = random.Random(seed)
        folder.mkdir(parents=True, exist_ok=True)
        self._servers = Servers(folder, servers)
        self._network = FleetNetwork(self._servers.ports)
        self.result = TrialResult()
        self._robots: list[Unit] = []
        self._heal_at: list[tuple[float, Callable[[], object]]] = []
        try:
            for number in range(robots):
                name = f"robot{number}"
                self._robots.append(Unit(name, folder, self._network, seed + number, mutant))
        except BaseException:
            self.close()
            raise

    def measure(self, operations: int = LATENCY_OPERATIONS, offline: int = OFFLINE_OPERATIONS) -> None:
        """How fast a calm fleet is, and how fast one catches up that was away."""
        self._wait_until_alike()
        share = operations // len(self._robots)
        for robot in self._robots:
            robot.do(share, LATENCY_PAUSE)
        for robot in self._robots:
            robot.settle()
        self._wait_until_alike()
        known = [robot.arrivals() for robot in self._robots]
        for robot in self._robots:
            for mark, answered in robot.acknowledged.items():
                self.result.latencies.append(max(arrivals[mark] for arrivals in known) - answered)
        if offline:
            self.result.catch_up = self._catch_up(offline)

    def run(self, operations: int, faults: int, done: Done) -> None:
        """Operations and faults in turns.

        Args:
            operations, faults: How many.
            done: Told how many operations were made.
        """
        share = max(1, operations // max(faults, 1))
        for number in range(faults):
            for robot in self._robots:
                robot.do(max(1, round(share / len(self._robots))))
            self._fault(number)
            self._heal(time.monotonic())
            for robot in self._robots:
                robot.hear()
            done(share)
        self._heal(float("inf"))

    def finish(self) -> TrialResult:
        """Let everything heal, and look at what is there."""
        for robot in self._robots:
            robot.settle()
            robot.set_clock(0.0)
        began = time.monotonic()
        self._wait_until_alike()
        result = self.result
        result.settle = time.monotonic() - began
        acknowledged: set[Mark] = set().union(*(robot.acknowledged for robot in self._robots))
        ends = [robot.contents() for robot in self._robots]
        result.operations = len(acknowledged)
        result.lost = sum(len(acknowledged - set(marks)) for _, marks in ends)
        result.contents = len({digest for digest, _ in ends})
        result.states = [robot.state() for robot in self._robots]
        result.hashes = len({state.state_hash for state in result.states})
        return result

    def close(self) -> None:
        """End all."""
        for robot in self._robots:
            robot.kill()
        self._network.close()
        self._servers.close()

    def _catch_up(self, operations: int) -> float:
        away = self._robots[0]
        away.set_network(Weather.CUT)
        away.do(operations)
        away.settle()
        away.set_network(Weather.FINE)
        began = time.monotonic()
        self._wait_until_alike()
        return time.monotonic() - began

    def _fault(self, number: int) -> None:
        """Do one; most faults come often, what takes the whole stream away seldom."""
        weights = {
            self._kill_robot: 6,
            self._kill_server: 4,
            self._cut: 6,
            self._silence: 3,
            self._lose_answers: 5,
            self._jump: 5,
            self._put_back: 2,
            self._clone: 2,
            self._wipe: 0.4,
        }
        fault = self._dice.choices(list(weights), list(weights.values()))[0]
        robot = self._dice.choice(self._robots)
        self.result.faults[fault(robot) or "none: not published yet"] += 1

    def _kill_robot(self, robot: Unit) -> str:
        time.sleep(self._dice.uniform(0, 0.1))
        robot.kill()
        robot.start()
        return "robot killed"

    def _kill_server(self, robot: Unit) -> str:
        count = len(self._servers.ports)
        killed = self._dice.sample(range(count), 2 if count > 2 and self._dice.random() < 0.3 else 1)
        for each in killed:
            self._servers.kill(each)
            self._later(self._dice.uniform(0.2, 2.0), partial(self._servers.start, each))
        return "server killed" if len(killed) == 1 else "two servers killed"

    def _cut(self, robot: Unit) -> str:
        return self._weather(robot, Weather.CUT, 1.5)

    def _silence(self, robot: Unit) -> str:
        return self._weather(robot, Weather.SILENT, 1.0)

    def _lose_answers(self, robot: Unit) -> str:
        return self._weather(robot, Weather.ANSWERS_LOST, 0.5)

    def _weather(self, robot: Unit, weather: Weather, longest: float) -> str:
        robot.set_network(weather)
        self._later(self._dice.uniform(0.05, longest), partial(robot.set_network, Weather.FINE))
        return weather.value

    def _jump(self, robot: Unit) -> str:
        robot.set_clock(self._dice.choice([-DAY, 0.0, DAY]))
        return "clock jump"

    def _put_back(self, robot: Unit) -> str:
        robot.settle()
        if not robot.backup.exists() or self._dice.random() < 0.3:
            robot.back_up()
            return "backup made"
        if not self._is_published(robot):
            return ""
        robot.put_back()
        return "backup put back"

    def _clone(self, robot: Unit) -> str:
        other = self._dice.choice([each for each in self._robots if each is not robot])
        robot.settle()
        if not self._is_published(robot):
            return ""
        robot.take_disk_of(other)
        return "disk cloned"

    def _wipe(self, robot: Unit) -> str:
        self._heal(float("inf"))
        self._servers.wipe("trial")
        return "stream wiped"

    def _is_published(self, robot: Unit) -> bool:
        """Whether the stream has all that a robot was taught: what only it had would be lost with its disk."""
        self._heal(float("inf"))
        deadline = time.monotonic() + 30.0
        while time.monotonic() < deadline:
            state = robot.state()
            if state.connected and state.waiting == 0 and not state.trouble:
                return True
            time.sleep(0.1)
        return False

    def _later(self, seconds: float, cure: Callable[[], object]) -> None:
        self._heal_at.append((time.monotonic() + seconds, cure))

    def _heal(self, now: float) -> None:
        """Do what is due; all of it where `now` is the end of time."""
        due = [cure for moment, cure in self._heal_at if moment <= now]
        self._heal_at = [entry for entry in self._heal_at if entry[0] > now]
        for cure in due:
            cure()

    def _wait_until_alike(self) -> None:
        """Until all robots hold the same, and nothing waits; where they never do, the result tells."""
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline:
            states: Sequence[RobotState] = [robot.state() for robot in self._robots]
            alike = len({(state.state_hash, state.operations) for state in states}) == 1
            if alike and all(state.waiting == 0 for state in states):
                return
            time.sleep(0.05)
