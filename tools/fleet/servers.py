# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The servers of the trial: one, or a cluster of three."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import time
from pathlib import Path

from vfrt_ros.fleet.client import FleetClient
from vfrt_ros.fleet.server import ServerConfig, server_program
from vfrt_ros.fleet.subjects import Subjects

START_SECONDS = 20.0


class Servers:
    """NATS servers on loopback, each of which can be killed and started again.

    Args:
        folder: For their data.
        count: 1 or 3.
    """

    def __init__(self, folder: Path, count: int) -> None:
        free = _free_ports(2 * count)
        self.ports = free[:count]
        routes = [f"127.0.0.1:{port}" for port in free[count:]] if count > 1 else []
        self._files: list[Path] = []
        for number, port in enumerate(self.ports):
            config = ServerConfig(
                port=port,
                store=folder / f"server{number}",
                cluster_port=free[count + number] if count > 1 else 0,
                routes=routes,
                name=f"server{number}",
            )
            file = folder / f"server{number}.conf"
            # Robots are to come through their own networks only.
            file.write_text(config.text().replace("cluster { ", "cluster { no_advertise: true, "))
            self._files.append(file)
        self._running: dict[int, subprocess.Popen] = {}
        for number in range(count):
            self.start(number)

    def start(self, number: int) -> None:
        """Start one, and wait until it listens."""
        if number in self._running:
            return
        command = [str(server_program()), "-c", str(self._files[number])]
        with self._files[number].with_suffix(".log").open("a") as log:
            self._running[number] = subprocess.Popen(command, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self.ports[number]):
            if time.monotonic() > deadline:
                raise TimeoutError(f"server {number} does not listen")
            time.sleep(0.02)

    def kill(self, number: int) -> None:
        """End one at once."""
        process = self._running.pop(number, None)
        if process is not None:
            process.kill()
            process.wait()

    def wipe(self, fleet: str) -> None:
        """Delete the fleet's stream, where that can be done now."""
        asyncio.run(self._wipe(fleet))

    def close(self) -> None:
        """End all."""
        for number in list(self._running):
            self.kill(number)

    async def _wipe(self, fleet: str) -> None:
        client = FleetClient()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(client.connect(f"nats://127.0.0.1:{self.ports[0]}"), 5)
            await client.jetstream().delete_stream(Subjects(fleet).stream)
        with contextlib.suppress(Exception):
            await client.close()


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in held]
    finally:
        for each in held:
            each.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
