# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Publish what this robot's memory holds and the stream does not: in order, one message at a time."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, replace

from nats.js.errors import APIError

from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.types.errors import OperationError
from vfrt_ros.core.types.operation import OperationId
from vfrt_ros.fleet.message import HEADER, MESSAGE_ID, Position, split
from vfrt_ros.fleet.receiver import Receiver
from vfrt_ros.fleet.session import FleetError, Session, sleep_unless
from vfrt_ros.fleet.status import Trouble

EXPECTED = "Nats-Expected-Last-Subject-Sequence"
_WRONG_SEQUENCE = 10071
"""The server's code for: the subject's last message is not the one that was expected."""
ANSWER_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 30.0
"""Between two looks for operations of others that the stream has lost."""
FIRST_LOOK_SECONDS = 10.0
"""Before the first one, and at random as much again: those whose operations they are publish them first."""
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class _Sent:
    """Up to where a robot's operations are in the stream: the number of the last message, and its position."""

    sequence: int
    position: Position | None


class Publisher:
    """Publishes this memory's own operations, and those of others that nobody publishes any more.

    Each message says which one of its subject it follows, so that a second robot under the same id cannot come in
    between: it is told, and goes on as another.

    Args:
        session: The connection.
        receiver: Has read whose ids are whose.
        woken: Set when there may be something new.
    """

    def __init__(self, session: Session, receiver: Receiver, woken: asyncio.Event) -> None:
        self._session = session
        self._receiver = receiver
        self._woken = woken
        self._sent: dict[str, _Sent] = {}
        self._too_large: set[tuple[str, int]] = set()
        self._look_at = time.monotonic() + FIRST_LOOK_SECONDS * (1 + random.random())

    async def run(self) -> None:
        """Publish until the connection ends.

        Raises:
            FleetError, nats.errors.Error: The server does not take it.
        """
        await self._receiver.caught_up.wait()
        while True:
            self._woken.clear()
            own = self._session.memory.read(lambda memory: memory.own_robots)
            done = [await self._bring_up_to_date(robot) for robot in own]
            if all(done):
                self._session.report.set(waiting=0)
                self._session.report.trouble(Trouble.CONNECTION, "")
                await self._publish_lost()
                await sleep_unless(self._woken, LOOK_AGAIN_SECONDS)
            else:
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _publish_lost(self) -> None:
        """Publish operations of robots of which the stream has none: it was wiped, and they may never come back."""
        if time.monotonic() < self._look_at:
            self._wake_at(self._look_at)
            return
        self._look_at = time.monotonic() + LOOK_AGAIN_SECONDS
        for robot in self._session.memory.read(_others):
            if self._receiver.owner(robot) in (None, self._session.settings.robot_name):
                await self._bring_up_to_date(robot)

    def _wake_at(self, moment: float) -> None:
        asyncio.get_running_loop().call_later(max(0.0, moment - time.monotonic()), self._woken.set)

    async def _bring_up_to_date(self, robot: str) -> bool:
        """Publish what the stream does not have of a robot id; False = look again, something was in the way."""
        owner = self._receiver.owner(robot)
        if owner not in (None, self._session.settings.robot_name):
            return await self._yield_to(owner, robot)
        sent = self._sent.get(robot) or await self._find(robot)
        if sent is None:
            return False
        self._sent[robot] = sent
        while (found := self._following(robot, sent.position)) is not None:
            position, data = found
            try:
                parts = list(split(position, data, self._session.client.max_payload))
            except OperationError as error:
                self._skip(robot, position, error)
                sent = _Sent(sent.sequence, position)
                continue
            done = sent.position
            first = done.part if done is not None and _is_part_of(done, parts) else 0
            for part, piece in parts[first:]:
                after = await self._publish(robot, part, piece, sent.sequence)
                if after is None:
                    self._sent.pop(robot, None)
                    return False
                sent = self._sent[robot] = _Sent(after, part)
            self._count_waiting(robot, position.number)
        return True

    def _following(self, robot: str, position: Position | None) -> tuple[Position, bytes] | None:
        memory = self._session.memory
        if position is None:
            return memory.entry_at(robot, 1, 0)
        if position.part < position.parts:
            return memory.entry_at(robot, position.number, position.place)
        return memory.entry_at(robot, position.number, position.place + 1)

    async def _publish(self, robot: str, position: Position, data: bytes, expected: int) -> int | None:
        """Publish a message; its number in the stream, or None where another one came before it."""
        sender = self._session.sender(robot)
        own = robot in self._session.memory.read(lambda memory: memory.own_robots)
        headers = {
            MESSAGE_ID: _message_id(robot, position)
            if own
            else f"{sender.name} {_message_id(robot, position)}",
            HEADER: str(position),
            EXPECTED: str(expected),
        }
        try:
            subject = self._session.subjects.of(sender)
            answer = await self._session.jetstream.publish(
                subject, data, timeout=ANSWER_SECONDS, stream=self._session.subjects.stream, headers=headers
            )
        except APIError as error:
            if error.err_code == _WRONG_SEQUENCE:
                return None
            raise FleetError(f"the server does not take an operation: {error.description}") from error
        return None if answer.duplicate else answer.seq

    async def _find(self, robot: str) -> _Sent | None:
        """Up to where the stream has a robot's operations under this robot's name; None = wait."""
        message = await self._session.last_message(self._session.sender(robot))
        if message is None or message.seq is None:
            return _Sent(0, None)
        if message.seq > self._receiver.read:
            # What it is decides who we are, and is decided where the stream is read in its order.
            self._receiver.progress.clear()
            await sleep_unless(self._receiver.progress, ANSWER_SECONDS)
            return None
        try:
            position = Position.parse(message.headers)
        except OperationError:
            return _Sent(message.seq, None)
        if self._is_mine(robot, position):
            return _Sent(message.seq, position)
        return _Sent(message.seq, None)

    def _is_mine(self, robot: str, position: Position) -> bool:
        """Whether the memory has what a message carries."""
        found = self._session.memory.entry_at(robot, position.number, position.place)
        return found is not None and found[0] == replace(position, part=1, parts=1)

    async def _yield_to(self, owner: str | None, robot: str) -> bool:
        """Another robot publishes under this id: go on as a new one with what that one does not have."""
        current = self._session.memory.read(lambda memory: memory.robot)
        if robot != current:
            return True
        theirs = replace(self._session.sender(robot), name=owner or "")
        message = await self._session.last_message(theirs)
        number = Position.parse(message.headers).number if message is not None else 0
        await self._session.memory.change(
            lambda memory: memory.reissue(number) if memory.robot == robot else None
        )
        return False

    def _skip(self, robot: str, position: Position, error: OperationError) -> None:
        if (robot, position.number) not in self._too_large:
            self._too_large.add((robot, position.number))
            self._session.report.trouble(Trouble.SIZE, f"an operation cannot be shared: {error}")

    def _count_waiting(self, robot: str, number: int) -> None:
        newest = self._session.memory.read(lambda memory: memory.robots().get(robot, 0))
        self._session.report.set(waiting=max(0, newest - number))


def _message_id(robot: str, position: Position) -> str:
    """The operation's id, with what tells parts and brought operations apart."""
    place = f"+{position.place}" if position.place else ""
    part = f" {position.part}/{position.parts}" if position.parts > 1 else ""
    return f"{robot}:{position.number}{place}{part}"


def _is_part_of(done: Position, parts: list[tuple[Position, bytes]]) -> bool:
    """Whether a message is one of an operation's, cut as it is now."""
    return bool(parts) and done.whole == parts[0][0].whole and done.parts == parts[0][0].parts


def _others(memory: Memory) -> list[str]:
    """The robots whose operations are here, and are neither this memory's own nor imported from a file."""
    robots = memory.robots()
    return [
        robot
        for robot, newest in robots.items()
        if robot not in memory.own_robots and not memory.came_with_a_file(OperationId(robot, newest))
    ]
