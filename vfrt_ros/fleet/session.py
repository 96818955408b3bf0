# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One connection to the fleet, which both directions share: the stream, and the memory that is exchanged."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg, StreamConfig, StreamInfo
from nats.js.errors import APIError, NotFoundError

from vfrt_ros.core.memory.clock import from_seconds
from vfrt_ros.core.types.errors import OperationError, VfrtError
from vfrt_ros.fleet.client import FleetClient
from vfrt_ros.fleet.message import Position
from vfrt_ros.fleet.settings import FleetSettings
from vfrt_ros.fleet.shared_memory import SharedMemory
from vfrt_ros.fleet.status import Report
from vfrt_ros.fleet.subjects import Sender, Subjects, sender_of, space_token

REPLICAS = 3
"""Copies of the stream where the server stands in a cluster."""
DUPLICATE_WINDOW = 120.0
"""Seconds in which the server tells a message that comes again by its id; beyond them its robot's log does."""
_SPOKE_TWICE = 10058
"""The server's code for: a stream of this name exists, made otherwise."""


class FleetError(VfrtError):
    """The fleet cannot be reached, or does not work as it should; it is tried again."""


@dataclass(slots=True)
class Session:
    """One connection to the fleet.

    Attributes:
        client: Connected.
        stream: When the fleet's stream was made.
        began: The same as a clock reading.
    """

    client: FleetClient
    jetstream: JetStreamContext
    settings: FleetSettings
    memory: SharedMemory
    report: Report
    stream: str = ""
    began: int = 0

    @property
    def subjects(self) -> Subjects:
        """The fleet's names."""
        return Subjects(self.settings.fleet)

    @property
    def space(self) -> str:
        """Of this robot's encoder, as it stands in subjects."""
        return space_token(self.memory.encoder)

    def sender(self, robot: str) -> Sender:
        """This robot, publishing operations of a robot id."""
        return Sender(self.space, self.settings.robot_name, robot)

    async def open_stream(self) -> StreamInfo:
        """The fleet's stream, made if it is not there.

        Raises:
            FleetError: It cannot be made.
        """
        info = await self.look()
        self.stream = str(info.created)
        made: Any = info.created
        self.began = from_seconds(made.timestamp()) if isinstance(made, datetime) else 0
        return info

    async def look(self, subjects: str | None = None) -> StreamInfo:
        """Ask the server for the stream; it is made if it is not there."""
        name = self.subjects.stream
        with contextlib.suppress(NotFoundError):
            return await self.jetstream.stream_info(name, subjects_filter=subjects)
        config = StreamConfig(
            name=name,
            subjects=[self.subjects.all],
            duplicate_window=DUPLICATE_WINDOW,
            num_replicas=REPLICAS if self.client.cluster else 1,
        )
        try:
            return await self.jetstream.add_stream(config)
        except APIError as error:
            if error.err_code == _SPOKE_TWICE:
                return await self.jetstream.stream_info(name)
            raise FleetError(f"its stream cannot be made: {error.description}") from error

    async def message_at(self, sequence: int) -> RawStreamMsg | None:
        """The message of this number; None = it is not there any more."""
        try:
            return await self.jetstream.get_msg(self.subjects.stream, seq=sequence)
        except NotFoundError:
            return None

    async def newest_numbers(self) -> dict[str, int]:
        """The newest number of each robot id in this robot's space of the stream, whoever published it."""
        info = await self.look(self.subjects.of_space(self.space))
        newest: dict[str, int] = {}
        for subject in info.state.subjects or {}:
            sender = sender_of(subject)
            message = await self.last_message(sender) if sender is not None else None
            if sender is not None and message is not None:
                with contextlib.suppress(OperationError):
                    number = Position.parse(message.headers).number
                    newest[sender.robot] = max(number, newest.get(sender.robot, 0))
        return newest

    async def last_message(self, sender: Sender) -> RawStreamMsg | None:
        """The newest message of a sender; None = there is none."""
        try:
            return await self.jetstream.get_last_msg(self.subjects.stream, self.subjects.of(sender))
        except NotFoundError:
            return None


async def sleep_unless(event: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until the event is set."""
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
