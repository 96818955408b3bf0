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
from vfrt_ros.fleet.message import HEADER, MESSAGE_ID, MOST_PLACES, PASSED_ON, Position, split
from vfrt_ros.fleet.receiver import Receiver
from vfrt_ros.fleet.session import FleetError, Session, sleep_unless
from vfrt_ros.fleet.status import Trouble

EXPECTED = "Nats-Expected-Last-Subject-Sequence"
_WRONG_SEQUENCE = 10071
"""The server's code for: the subject's last message is not the one that was expected."""
ANSWER_SECONDS = 5.0
LOOK_SECONDS = 10.0
"""Before what others taught is passed on, and at random as much again: they publish it first if they are there."""
CHECK_SECONDS = 30.0
"""Between two checks for something new that nobody told of."""
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class _Sent:
    """Up to where a robot's operations are in the stream: the number of the last message, and its position."""

    sequence: int
    position: Position | None


class Publisher:
    """Publishes this memory's own operations, and passes on those of others that the stream has lost.

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
        self._look_at = time.monotonic() + LOOK_SECONDS * (1 + random.random())

    async def run(self) -> None:
        """Publish until the connection ends.

        Raises:
            FleetError, nats.errors.Error: The server does not take it.
        """
        await self._receiver.caught_up.wait()
        while True:
            self._woken.clear()
            if await self._publish_own():
                self._session.report.trouble(Trouble.CONNECTION, "")
                await self._pass_on()
                await sleep_unless(self._woken, CHECK_SECONDS)
            else:
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _publish_own(self) -> bool:
        """Bring this robot's operations up to date in the stream; False = look again, something was in the way."""
        robot = self._session.memory.read(lambda memory: memory.robot)
        owner = self._receiver.owner(robot)
        if owner not in (None, self._session.settings.robot_name):
            await self._become_another(robot, owner)
            return False
        return await self._bring_up_to_date(robot)

    async def _pass_on(self) -> None:
        """Publish what is known of other robot ids and the stream does not have: it was wiped, and they may never come.

        It is looked for once in the life of a process and of a stream; what comes later comes from the stream.
        """
        session = self._session
        if session.memory.looked_at == session.stream:
            return
        if time.monotonic() < self._look_at:
            asyncio.get_running_loop().call_later(self._look_at - time.monotonic(), self._woken.set)
            return
        others, known = session.memory.read(_others), await session.newest_numbers()
        for robot, number in others.items():
            if number > known.get(robot, 0):
                self._sent[robot] = await self._begin_behind(robot, known.get(robot, 0))
                while not await self._bring_up_to_date(robot):
                    await asyncio.sleep(_PAUSE_SECONDS)
        session.memory.looked_at = session.stream

    async def _begin_behind(self, robot: str, number: int) -> _Sent:
        """Where this robot would go on with another's operations behind a number."""
        message = await self._session.last_message(self._session.sender(robot))
        sequence = message.seq or 0 if message is not None else 0
        return _Sent(sequence, Position(number, MOST_PLACES, "") if number else None)

    async def _bring_up_to_date(self, robot: str) -> bool:
        """Publish what the stream does not have of a robot id; False = look again, something was in the way."""
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
            self._count(robot, sent)
        self._count(robot, sent)
        return True

    def _count(self, robot: str, sent: _Sent) -> None:
        if robot == self._session.memory.newest()[0]:
            self._session.report.published = robot, sent.position.number if sent.position is not None else 0

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
        headers = {HEADER: str(position), EXPECTED: str(expected)}
        if robot == self._session.memory.newest()[0]:
            headers[MESSAGE_ID] = _message_id(robot, position)
        else:
            headers |= {MESSAGE_ID: f"{sender.name} {_message_id(robot, position)}", PASSED_ON: "1"}
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

    async def _become_another(self, robot: str, owner: str | None) -> None:
        """Another robot publishes under this id: go on as a new one with what that one does not have."""
        theirs = replace(self._session.sender(robot), name=owner or "")
        message = await self._session.last_message(theirs)
        number = Position.parse(message.headers).number if message is not None else 0
        await self._session.memory.change(
            lambda memory: memory.log.reissue(number) if memory.robot == robot else None
        )

    def _skip(self, robot: str, position: Position, error: OperationError) -> None:
        if (robot, position.number) not in self._too_large:
            self._too_large.add((robot, position.number))
            self._session.report.trouble(Trouble.SIZE, f"an operation cannot be shared: {error}")


def _message_id(robot: str, position: Position) -> str:
    """The operation's id, with what tells parts and brought operations apart."""
    place = f"+{position.place}" if position.place else ""
    part = f" {position.part}/{position.parts}" if position.parts > 1 else ""
    return f"{robot}:{position.number}{place}{part}"


def _is_part_of(done: Position, parts: list[tuple[Position, bytes]]) -> bool:
    """Whether a message is one of an operation's, cut as it is now."""
    return bool(parts) and done.whole == parts[0][0].whole and done.parts == parts[0][0].parts


def _others(memory: Memory) -> dict[str, int]:
    """The newest numbers of the other robot ids whose operations are here, and were not imported from a file."""
    return {
        robot: newest
        for robot, newest in memory.log.robots().items()
        if robot != memory.robot and not memory.log.came_with_a_file(OperationId(robot, newest))
    }
