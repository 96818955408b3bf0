# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The price of a fleet for a robot: how much longer a frame takes while others teach."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tools.fleet.network import Network
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

BLOCKS, BLOCK_SECONDS = 12, 4.0
TEACHINGS_PER_SECOND = 1.0


def cost(folder: Path, blocks: int = BLOCKS, seconds: float = BLOCK_SECONDS) -> list[float]:
    """How much longer a frame takes in a fleet where others teach once a second, than without one.

    Frames are recognised one after another by the embedded encoder, in turns with and without the exchange, so that
    whatever else the machine does falls on both alike.

    Returns:
        For each pair of turns, the mean time of a frame with it over that without it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    servers = Servers(folder, 1)
    network = Network(servers.ports)
    settings = RecognitionSettings(backbone="embedded", memory_path=str(folder / "memory.db"))
    frames = _pictures()
    with Recogniser(settings) as recogniser:
        teacher = Unit("teacher", folder, network, 1, "", recogniser.memory.encoder)
        for shot, frame in zip(SHOTS, frames, strict=True):
            recogniser.restart_view()
            recogniser.recognise(frame)
            recogniser.register(shot.subject, images=[frame])
        ratios = []
        try:
            _frames(recogniser, frames, seconds, deque())
            for _ in range(blocks):
                alone = _frames(recogniser, frames, seconds, deque())
                ratios.append(_in_a_fleet(recogniser, frames, seconds, servers.ports[0], teacher) / alone)
        finally:
            teacher.kill()
            network.close()
            servers.close()
    return ratios


def _pictures() -> list[np.ndarray]:
    """One of each subject of the demo, (480, 640, 3) uint8 BGR."""
    photos = photo_folder()
    if photos is None:
        raise FileNotFoundError("scikit-image's photographs are not installed")
    return [view(load_image(photos / shot.file), shot, 0.5, (640, 480)) for shot in SHOTS]


def _in_a_fleet(
    recogniser: Recogniser, frames: list[np.ndarray], seconds: float, port: int, teacher: Unit
) -> float:
    jobs: deque[Job] = deque()

    def turn(work: Callable[[], Any]) -> Job:
        jobs.append(Job(work))
        return jobs[-1]

    exchange = Exchange(
        fleet_settings(f"nats://127.0.0.1:{port}", "trial", "", "watcher"), SharedMemory(recogniser, turn)
    )
    exchange.start()
    teacher.do(round(seconds * TEACHINGS_PER_SECOND), 1 / TEACHINGS_PER_SECOND)
    try:
        return _frames(recogniser, frames, seconds, jobs)
    finally:
        _end(exchange, jobs)
        teacher.settle()


def _frames(recogniser: Recogniser, frames: list[np.ndarray], seconds: float, jobs: deque[Job]) -> float:
    """Seconds a frame, with what is done between frames."""
    began, count = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        while jobs:
            jobs.popleft().run()
        recogniser.recognise(frames[count % len(frames)])
        count += 1
    return (time.monotonic() - began) / count


def _end(exchange: Exchange, jobs: deque[Job]) -> None:
    """Stop the exchange, whose last note still needs a turn."""
    for job in jobs:
        job.cancel()
    exchange.stop()
