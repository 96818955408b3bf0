# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Look at a fleet from outside: its server, its stream, and how far each robot has read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import nats.errors
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo, StreamInfo
from nats.js.errors import APIError
from nats.js.errors import NotFoundError as StreamMissing

from vfrt_ros.core.types.errors import OperationError, first_line
from vfrt_ros.fleet.client import FleetClient
from vfrt_ros.fleet.message import Position
from vfrt_ros.fleet.receiver import READER_SEPARATOR
from vfrt_ros.fleet.session import FleetError
from vfrt_ros.fleet.settings import FleetSettings
from vfrt_ros.fleet.subjects import Sender, Subjects, sender_of

SECONDS = 5.0
_READERS_AT_ONCE = 256
"""The server lists readers in pages of so many."""


@dataclass(frozen=True, slots=True)
class RobotStatus:
    """A robot id in the stream.

    Attributes:
        sender: Its space, name and id.
        newest: Number of its newest operation; 0 = it has published none.
        time: When that came to the server, in seconds since the epoch.
        online: Whether it reads the stream, or did half a minute ago.
        lag: Messages that it has not read yet; None = it is not there.
    """

    sender: Sender
    newest: int
    time: float
    online: bool
    lag: int | None


@dataclass(frozen=True, slots=True)
class Survey:
    """A fleet at one moment.

    Attributes:
        url, version, cluster: Of the server that answered; no cluster = it stands alone.
        messages, bytes, replicas: Of the fleet's stream; no messages = there is no stream yet.
        robots: By name.
    """

    url: str
    version: str
    cluster: str
    messages: int
    bytes: int
    replicas: int
    robots: tuple[RobotStatus, ...]


def survey(settings: FleetSettings) -> Survey:
    """Ask the server.

    Raises:
        FleetError: It cannot be reached, or refuses.
    """
    return asyncio.run(_survey(settings))


async def _survey(settings: FleetSettings) -> Survey:
    client, faults = FleetClient(), []

    async def note(error: Exception) -> None:
        faults.append(error)

    try:
        await client.reach(settings, "vfrt fleet status", SECONDS, error_cb=note)
        return await _look(client, settings)
    except (nats.errors.Error, APIError, OSError, TimeoutError) as error:
        why = first_line(faults[0] if faults else error)
        raise FleetError(f"The fleet's server {settings.shown} cannot be asked: {why}.") from error
    finally:
        await client.close()


async def _look(client: FleetClient, settings: FleetSettings) -> Survey:
    jetstream, subjects = client.jetstream(), Subjects(settings.fleet)
    url = client.connected_url.netloc.rpartition("@")[2] if client.connected_url else ""
    told = url, client.version, client.cluster
    try:
        info = await jetstream.stream_info(subjects.stream, subjects_filter=subjects.all)
    except StreamMissing:
        return Survey(*told, 0, 0, 0, ())
    readers = await _readers(jetstream, subjects.stream)
    robots = [await _robot(jetstream, subjects, sender, readers) for sender in _senders(info)]
    known = {robot.sender.robot for robot in robots}
    for robot, reader in readers.items():
        if robot not in known:
            space = (reader.config.filter_subject or "...").split(".")[2]
            sender = Sender(space, reader.name.split(READER_SEPARATOR)[0], robot)
            robots.append(RobotStatus(sender, 0, 0.0, True, reader.num_pending))
    robots.sort(key=lambda robot: (robot.sender.space, robot.sender.name, robot.sender.robot))
    return Survey(*told, info.state.messages, info.state.bytes, info.config.num_replicas or 1, tuple(robots))


def _senders(info: StreamInfo) -> list[Sender]:
    return [sender for subject in info.state.subjects or {} if (sender := sender_of(subject)) is not None]


async def _readers(jetstream: JetStreamContext, stream: str) -> dict[str, ConsumerInfo]:
    """Who reads the stream now, by robot id: the newest reader of each."""
    found: list[ConsumerInfo] = []
    while True:
        page = await jetstream.consumers_info(stream, offset=len(found))
        found += page
        if len(page) < _READERS_AT_ONCE:
            break
    named = [(reader.name.split(READER_SEPARATOR), reader) for reader in found]
    named.sort(key=lambda each: _made(each[1]))
    return {parts[1]: reader for parts, reader in named if len(parts) == 3}


def _made(reader: ConsumerInfo) -> float:
    made: Any = getattr(reader, "created", None)
    return made.timestamp() if isinstance(made, datetime) else 0.0


async def _robot(
    jetstream: JetStreamContext, subjects: Subjects, sender: Sender, readers: Mapping[str, ConsumerInfo]
) -> RobotStatus:
    reader = readers.get(sender.robot)
    lag = None if reader is None else reader.num_pending
    message = await jetstream.get_last_msg(subjects.stream, subjects.of(sender))
    try:
        newest = Position.parse(message.headers).number
    except OperationError:
        newest = 0
    time = message.time.timestamp() if message.time is not None else 0.0
    return RobotStatus(sender, newest, time, reader is not None, lag)
