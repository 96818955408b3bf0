# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Contestants of one ratio, each in a process of its own, taking turns."""

from __future__ import annotations

import statistics
import tempfile
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vfrt_ros.bench.isolated import BenchError, Steps
from vfrt_ros.bench.spread import Quantiles, spread

PREPARING = 2
Prepare = Callable[..., Callable[[], Any]]


@dataclass(frozen=True, slots=True)
class ContestResult:
    """The result of a contest.

    Attributes:
        rounds: Seconds a step of each contestant, the median of each round.
        failures: Why a contestant could not take part, by name.
    """

    rounds: Mapping[str, list[float]]
    failures: Mapping[str, str]

    def seconds(self, name: str) -> Quantiles:
        """Of one contestant, over the rounds."""
        return spread(self.rounds[name])

    def ratio(self, name: str, other: str) -> Quantiles:
        """How many times the time of `name` that of `other` is, round by round."""
        pairs = zip(self.rounds[other], self.rounds[name], strict=True)
        return spread([theirs / own for theirs, own in pairs])


def contest(
    contestants: Mapping[str, tuple[Prepare, dict[str, Any]]], rounds: int, steps: int
) -> ContestResult:
    """Let them take turns.

    Args:
        contestants: What prepares the step of each, and its keywords.
        rounds: Turns of each, after one that is not counted.
        steps: Taken in one turn.
    """
    running: dict[str, Steps] = {}
    failures: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            waiting: deque[tuple[str, Steps]] = deque()
            for number, (name, (prepare, options)) in enumerate(contestants.items()):
                waiting.append((name, Steps(prepare, Path(folder) / f"{number}.log", **options)))
                # Two prepare themselves at a time: more that compile at once would fill the memory.
                if len(waiting) == PREPARING:
                    _admit(*waiting.popleft(), steps, running, failures)
            while waiting:
                _admit(*waiting.popleft(), steps, running, failures)
            taken: dict[str, list[float]] = {name: [] for name in running}
            for _ in range(rounds):
                for name, entrant in running.items():
                    taken[name].append(statistics.median(entrant.take(steps)))
        finally:
            for entrant in running.values():
                entrant.close()
    return ContestResult(taken, failures)


def _admit(
    name: str, entrant: Steps, steps: int, running: dict[str, Steps], failures: dict[str, str]
) -> None:
    """Let it take a first turn, which shows whether it can."""
    try:
        entrant.take(max(steps, 2))
        running[name] = entrant
    except BenchError as error:
        failures[name] = str(error)
        entrant.close()
