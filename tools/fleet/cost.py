# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The price of a fleet for a robot: how much longer a frame takes while others teach."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

from tools.fleet.network import FleetNetwork
from tools.fleet.servers import Servers
from tools.fleet.unit import Unit
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.sources.demo import SHOTS, photo_folder, view
from vfrt_ros.core.sources.images import load_image
from vfrt_ros.core.types.job import Job
from vfrt_ros.fleet.exchange import Exchange
from vfrt_ros.fleet.settings import fleet_settings
from vfrt_ros.fleet.shared_memory import SharedMemory

BLOCKS, BLOCK_SECONDS = 12, 5.0
TEACHINGS_PER_SECOND = 1.0


@dataclass(slots=True)
class Cost:
    """The measures of a run.

    Attributes:
        ratios: For each pair of turns, the median time of a frame in the fleet over that without one.
        turns: Seconds that it took, between two frames, to take in what came.
        taken: Operations that came.
    """

    ratios: list[float] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    taken: int = 0

    @property
    def per_operation(self) -> float:
        """Seconds between two frames that an operation takes."""
        return sum(self.turns) / max(1, self.taken)

    @property
    def factor(self) -> float:
        """How much longer frames take where others teach once a second."""
        return float(np.median(self.ratios)) + self.per_operation * TEACHINGS_PER_SECOND


def measure_cost(folder: Path, blocks: int = BLOCKS, seconds: float = BLOCK_SECONDS) -> Cost:
    """How much longer a frame takes in a fleet where another robot teaches once a second, than without one.

    Frames are recognised one after another by the embedded encoder, in turns with and without the exchange, so that
    whatever else the machine does falls on both alike. Taking in is timed by itself: it comes between frames.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = RecognitionSettings(backbone="embedded", memory_path=str(folder / "memory.db"))
    frames, cost = _pictures(), Cost()
    with (
        closing(Servers(folder, 1)) as servers,
        closing(FleetNetwork(servers.ports)) as network,
        Recogniser(settings) as recogniser,
        closing(Unit("teacher", folder, network, 1, "", recogniser.memory.encoder)) as teacher,
    ):
        for shot, frame in zip(SHOTS, frames, strict=True):
            recogniser.register(shot.subject, images=[frame])
        _frames(recogniser, frames, seconds, deque(), [])
        before = len(recogniser.memory.log.known())
        for _ in range(blocks):
            alone = _frames(recogniser, frames, seconds, deque(), [])
            in_a_fleet = _in_a_fleet(recogniser, frames, seconds, servers.ports[0], teacher, cost.turns)
            cost.ratios.append(in_a_fleet / alone)
        cost.taken = len(recogniser.memory.log.known()) - before
    return cost


def _pictures() -> list[np.ndarray]:
    """One of each subject of the demo, (480, 640, 3) uint8 BGR."""
    photos = photo_folder()
    if photos is None:
        raise FileNotFoundError("scikit-image's photographs are not installed")
    return [view(load_image(photos / shot.file), shot, 0.5, (640, 480)) for shot in SHOTS]


def _in_a_fleet(
    recogniser: Recogniser,
    frames: list[np.ndarray],
    seconds: float,
    port: int,
    teacher: Unit,
    turns: list[float],
) -> float:
    jobs: deque[Job] = deque()

    def turn(work: Callable[[], Any]) -> Job:
        jobs.append(Job(work))
        return jobs[-1]

    settings = fleet_settings(f"nats://127.0.0.1:{port}", "trial", "", "watcher")
    exchange = Exchange(settings, SharedMemory(recogniser.memory, turn, recogniser.live))
    exchange.start()
    teacher.do(round(seconds * TEACHINGS_PER_SECOND), 1 / TEACHINGS_PER_SECOND)
    try:
        return _frames(recogniser, frames, seconds, jobs, turns)
    finally:
        stopping = Thread(target=exchange.stop)
        stopping.start()
        while stopping.is_alive():  # its last note needs a turn
            _work_off(jobs, [])
            stopping.join(0.01)
        teacher.settle()


def _frames(
    recogniser: Recogniser, frames: list[np.ndarray], seconds: float, jobs: deque[Job], turns: list[float]
) -> float:
    """The median time of a frame, in seconds; what is done between frames is timed by itself."""
    end = time.monotonic() + seconds
    times: list[float] = []
    while (now := time.monotonic()) < end:
        _work_off(jobs, turns)
        began = time.monotonic()
        recogniser.recognise(frames[len(times) % len(frames)], now)
        times.append(time.monotonic() - began)
    return float(np.median(times))


def _work_off(jobs: deque[Job], turns: list[float]) -> None:
    while jobs:
        began = time.monotonic()
        jobs.popleft().run()
        turns.append(time.monotonic() - began)
