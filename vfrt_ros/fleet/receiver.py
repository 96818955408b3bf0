# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Read the fleet's stream in its order, and take what is new into the memory."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Sequence

import nats.errors
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.client import JetStreamContext
from nats.js.errors import Error as JetStreamError

from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.operation_entry import unpack_entry
from vfrt_ros.core.memory.operation_row import is_pruned, operation_of
from vfrt_ros.core.memory.robot_names import fact, names_of
from vfrt_ros.core.types.errors import OperationError, OperationFault, VfrtError
from vfrt_ros.core.types.operation import Operation
from vfrt_ros.fleet.message import PASSED_ON, Assembler, Position
from vfrt_ros.fleet.reading import StreamPlace, StreamReading
from vfrt_ros.fleet.session import Session
from vfrt_ros.fleet.shared_memory import NoTurnError
from vfrt_ros.fleet.status import Trouble
from vfrt_ros.fleet.subjects import Sender, sender_of
from vfrt_ros.fleet.take_in import Incoming, Refusal, adopt, sort_out

READER_SEPARATOR = "="
"""In the name of a reader, where it stands in no robot's name and no id."""
BATCH = 64
"""Messages that are asked for at a time, and operations that are written in one transaction."""
PACE_SECONDS = 0.1
"""Between two transactions: what comes meanwhile is taken in together, at less cost for frames and disk. Who has more
to catch up with pauses for as long as a transaction took, so that frames have half of the time."""
PULL_SECONDS = 5.0
"""How long the server keeps a question open."""
NOTE_SECONDS = 30.0
"""Between two notes of the place where nothing was taken in."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between attempts to write to a memory that cannot be written."""


class Receiver:
    """Reads the stream behind the place that the memory knows.

    The place that is written is behind everything that was dealt with: before an operation that waits for its other
    parts, or for a clock to be set right.

    Attributes:
        caught_up: Set once all was read that the stream held when the connection began.
        read: Number of the message up to which nothing is left to read.
        progress: Set whenever something was read; whoever waits for it clears it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._reading = StreamReading(session.settings.fleet)
        self._assembler = Assembler()
        self._postponed: dict[int, int] = {}
        self._last, self._mark = 0, ""
        self._goal = 0
        self._noted = 0.0
        self.read = 0
        self.caught_up = asyncio.Event()
        self.progress = asyncio.Event()

    def owner(self, robot: str) -> str | None:
        """The name under which a robot's operations stand in the stream; None = none of them do."""
        return self._reading.owners.get(robot)

    async def run(self) -> None:
        """Read until the connection ends.

        Raises:
            FleetError, nats.errors.Error: The stream cannot be read any more.
        """
        await self._begin()
        while True:
            await self._read_from(self._last + 1)

    async def note(self) -> None:
        """Write the place, so that the next start begins there."""
        place = self._place(self._last, self._mark)
        if place != self._reading.place:
            facts = self._reading.facts(place)
            await self._session.memory.change(lambda memory: memory.log.note(facts))
            self._written(place)

    async def _begin(self) -> None:
        """Find the place from which to go on; a stream that is not the one that was read is read anew."""
        session, info = self._session, await self._session.open_stream()
        meta = session.memory.read(lambda memory: memory.log.meta())
        self._reading = StreamReading.of(session.settings.fleet, meta)
        self._goal, place = info.state.last_seq, self._reading.place
        known = place.stream == session.stream and place.sequence <= self._goal
        if known and place.mark:
            message = await session.message_at(place.sequence)
            known = message is None or _mark(message.subject, message.headers) == place.mark
        if not known:
            self._reading.begin(session.stream)
        self._last, self._mark = self._reading.place.sequence, self._reading.place.mark
        self._noted = time.monotonic()
        self._reach(self._last)

    async def _read_from(self, sequence: int) -> None:
        """Read on from a message until a message is missed or the server has forgotten us."""
        session, name, expected = self._session, self._reader_name(), 1
        subscription = await self._subscribe(name, sequence)
        try:
            while True:
                try:
                    messages = await subscription.fetch(BATCH, timeout=PULL_SECONDS)
                except TimeoutError:
                    await self._idle(subscription)
                    messages = []
                numbers = [message.metadata.sequence.consumer for message in messages]
                if numbers != list(range(expected, expected + len(numbers))):
                    return
                expected += len(numbers)
                if messages:
                    began = time.monotonic()
                    pending = await self._take(messages)
                    spent = time.monotonic() - began
                    await asyncio.sleep(min(PACE_SECONDS, spent) if pending else PACE_SECONDS)
                if self._is_time_to_try_again():
                    return
        finally:
            with contextlib.suppress(nats.errors.Error, JetStreamError, TimeoutError):
                await subscription.unsubscribe()
                await session.jetstream.delete_consumer(session.subjects.stream, name)

    def _reader_name(self) -> str:
        """The name of this reader at the server: robot, id, and digits that no other reader has."""
        robot = self._session.memory.read(lambda memory: memory.robot)
        return f"{self._session.settings.robot_name}.{robot}.{secrets.token_hex(3)}".replace(
            ".", READER_SEPARATOR
        )

    async def _subscribe(self, name: str, sequence: int) -> JetStreamContext.PullSubscription:
        session = self._session
        config = ConsumerConfig(
            name=name,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=sequence,
            ack_policy=AckPolicy.NONE,
            filter_subject=session.subjects.of_space(session.space),
            inactive_threshold=6 * PULL_SECONDS,
            mem_storage=True,
            num_replicas=1,
        )
        info = await session.jetstream.add_consumer(session.subjects.stream, config)
        if not info.num_pending:
            self._reach(self._goal)
        return await session.jetstream.pull_subscribe_bind(name, session.subjects.stream)

    async def _take(self, messages: Sequence[Msg]) -> int:
        """Take in what some messages carry; how many more the stream holds."""
        arrivals = [arrival for message in messages for arrival in self._arrivals(message)]
        newest = messages[-1]
        end, pending = newest.metadata.sequence.stream, newest.metadata.num_pending
        mark = _mark(newest.subject, newest.headers)
        refused = await self._add_as_soon_as_possible(arrivals, end, mark) if arrivals else []
        # Not before: who is stopped meanwhile reads them again.
        self._last, self._mark = end, mark
        for refusal in refused:
            self._refuse(refusal)
        still = {refusal.sequence for refusal in refused}
        for sequence in {arrival.sequence for arrival in arrivals} - still:
            self._postponed.pop(sequence, None)
        self._session.report.set(lag=pending)
        self._reach(self._last if pending else max(self._last, self._goal))
        return pending

    async def _add_as_soon_as_possible(
        self, arrivals: Sequence[Incoming], end: int, mark: str
    ) -> list[Refusal]:
        """Add operations; where the memory cannot be written, wait until it can."""
        report, pause = self._session.report, FIRST_PAUSE
        while True:
            try:
                refused, place = await self._session.memory.change(
                    lambda memory: self._add(memory, arrivals, end, mark)
                )
            except NoTurnError:
                raise
            except VfrtError as error:
                report.trouble(Trouble.MEMORY, f"what others taught cannot be taken in: {error}")
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            report.trouble(Trouble.MEMORY, "")
            if place is not None:
                self._written(place)
            return refused

    def _add(
        self, memory: Memory, arrivals: Sequence[Incoming], end: int, mark: str
    ) -> tuple[list[Refusal], StreamPlace | None]:
        """In a turn: add what is new, and write up to where the stream was read with it."""
        self._session.memory.check_room(memory)
        fresh, refused = sort_out(memory, arrivals)
        waiting = [refusal.sequence for refusal in refused if refusal.fault is OperationFault.FUTURE]
        place = self._place(end, mark, waiting)
        facts = self._reading.facts(place)
        known = names_of(memory.log.meta())
        for arrival in arrivals:
            if not (arrival.passed_on or arrival.sender.robot in known):
                facts |= fact(arrival.sender.robot, arrival.sender.name)
        version = memory.version
        if fresh:
            refused += adopt(memory, fresh, facts)
        return refused, place if memory.version != version else None

    def _arrivals(self, message: Msg) -> list[Incoming]:
        """The operation that a message completes; none where more of it is to come or it is refused."""
        sequence = message.metadata.sequence.stream
        sender = sender_of(message.subject)
        if sender is None:
            return []
        try:
            position = Position.parse(message.headers)
            whole = self._assembler.take(message.subject, position, message.data, sequence)
            if whole is None:
                return []
            sequence, data = whole
            row = unpack_entry(data, self._session.memory.encoder.dim)
        except OperationError as error:
            self._refuse(Refusal(sender, sequence, error.fault, str(error)))
            return []
        operation = operation_of(row)
        passed_on = PASSED_ON in (message.headers or {})
        if not self._may_publish(sender, operation, passed_on=passed_on):
            owner = self._reading.owners[sender.robot]
            text = f"{operation.id} came from robot {sender.name}, and robot {sender.robot} is {owner}'s"
            self._refuse(Refusal(sender, sequence, OperationFault.OTHER_NUMBER, text))
            return []
        return [Incoming(operation, sender, sequence, is_pruned(row), position.place > 0, passed_on)]

    def _may_publish(self, sender: Sender, operation: Operation, *, passed_on: bool) -> bool:
        """A robot id belongs to who published it first; what is older than the stream anybody may pass on."""
        if not passed_on:
            return self._reading.own(sender.robot, sender.name) == sender.name
        owner = self._reading.owners.get(sender.robot)
        return owner in (None, sender.name) or operation.clock < self._session.began

    def _refuse(self, refusal: Refusal) -> None:
        """Tell it; what came from too far in the future is read again when the clock allows it."""
        if refusal.fault is OperationFault.FUTURE:
            again, self._postponed[refusal.sequence] = refusal.sequence in self._postponed, refusal.clock
            if again:
                return
        else:
            self._postponed.pop(refusal.sequence, None)
        if refusal.sender.name != self._session.settings.robot_name or refusal.fault is OperationFault.FUTURE:
            self._session.report.refuse(refusal)

    def _is_time_to_try_again(self) -> bool:
        """Whether something that came from too far in the future can be taken by now; then it is read again."""
        readings = self._postponed.values()
        if not readings or self._session.memory.read(lambda memory: memory.log.is_far_ahead(min(readings))):
            return False
        self._last, self._mark = min(self._postponed) - 1, ""
        return True

    def _place(self, end: int, mark: str, waiting: Sequence[int] = ()) -> StreamPlace:
        """Behind the last message up to one before which nothing waits."""
        first = min((*self._postponed, *waiting, self._assembler.first or end + 1))
        if first <= end:
            return StreamPlace(self._session.stream, first - 1)
        return StreamPlace(self._session.stream, end, mark)

    def _written(self, place: StreamPlace) -> None:
        self._reading.place = place
        self._reading.written()
        self._noted = time.monotonic()

    async def _idle(self, subscription: JetStreamContext.PullSubscription) -> None:
        """Nothing came for a while: make sure that the server still knows us."""
        await subscription.consumer_info()
        self._reach(self._goal)
        if time.monotonic() - self._noted > NOTE_SECONDS:
            with contextlib.suppress(VfrtError):
                await self.note()

    def _reach(self, sequence: int) -> None:
        self.read = max(self.read, sequence)
        if self.read >= self._goal:
            self.caught_up.set()
        self.progress.set()


def _mark(subject: str | None, headers: dict[str, str] | None) -> str:
    """Tells a message from others with its number."""
    return f"{subject} {(headers or {}).get('Vfrt-Position', '')}"
