# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The network between a robot and the servers, which fails as it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Sequence
from enum import Enum


class Weather(Enum):
    """How the network does."""

    FINE = "fine"
    CUT = "partition"
    SILENT = "black hole"
    ANSWERS_LOST = "lost answers"


class FleetNetwork:
    """Forwards the connections of each robot to one of the servers; a thread of its own with asyncio.

    Args:
        ports: Of the servers.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self._servers = ports
        self._weather: dict[int, Weather] = {}
        self._open: dict[int, set[asyncio.StreamWriter]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)
        self._thread.start()

    def add(self) -> int:
        """The port of a robot's own way to the servers."""
        return asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def set(self, port: int, weather: Weather) -> None:
        """Change how a robot's network does; what was cut or lost does not come back."""
        self._loop.call_soon_threadsafe(self._set, port, weather)

    def close(self) -> None:
        """End all connections."""
        for port in self._open:
            self.set(port, Weather.CUT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)

    async def _listen(self) -> int:
        server = await asyncio.start_server(
            lambda reader, writer: self._serve(port, reader, writer), "127.0.0.1", 0
        )
        port = int(server.sockets[0].getsockname()[1])
        self._weather[port], self._open[port] = Weather.FINE, set()
        return port

    def _set(self, port: int, weather: Weather) -> None:
        before, self._weather[port] = self._weather[port], weather
        if weather is Weather.CUT or before in (Weather.SILENT, Weather.ANSWERS_LOST):
            for writer in self._open[port]:
                writer.transport.abort()

    async def _serve(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._weather[port] is Weather.CUT:
            writer.transport.abort()
            return
        for server in random.sample(list(self._servers), len(self._servers)):
            with contextlib.suppress(OSError):
                there = await asyncio.open_connection("127.0.0.1", server)
                break
        else:
            writer.transport.abort()
            return
        self._open[port] |= {writer, there[1]}
        with contextlib.suppress(OSError):
            ways = (self._pass(port, reader, there[1], False), self._pass(port, there[0], writer, True))
            await asyncio.gather(*ways)
        for end in (writer, there[1]):
            self._open[port].discard(end)
            end.transport.abort()

    async def _pass(
        self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: bool
    ) -> None:
        while data := await reader.read(2**16):
            weather = self._weather[port]
            if weather is Weather.SILENT or (answers and weather is Weather.ANSWERS_LOST):
                continue
            writer.write(data)
            await writer.drain()
        writer.transport.abort()
