# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The exchange of operations with a fleet, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

import nats
import nats.errors
from nats.js.errors import Error as JetStreamError

from vfrt_ros.core.memory.robot_names import fact
from vfrt_ros.core.types.errors import VfrtError, first_line
from vfrt_ros.core.types.without_password import without_password
from vfrt_ros.fleet.client import FleetClient
from vfrt_ros.fleet.publisher import Publisher
from vfrt_ros.fleet.receiver import Receiver
from vfrt_ros.fleet.session import FleetError, Session, sleep_unless
from vfrt_ros.fleet.settings import FleetSettings
from vfrt_ros.fleet.shared_memory import SharedMemory
from vfrt_ros.fleet.status import FleetStatus, Report, Trouble
from vfrt_ros.fleet.subjects import sender_of

CONNECT_SECONDS = 5.0
PING_SECONDS = 5
"""Between two questions whether the server is still there; it may miss two."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 1.0
"""Seconds between attempts to connect, half of them at random, so that a fleet does not come all at once."""
ATTEMPTS_TO_END = 4
LOOK_SECONDS = 20.0
"""Between two looks at who else is in the fleet."""
_log = logging.getLogger(__name__)

REACH_ERRORS = (VfrtError, nats.errors.Error, JetStreamError, OSError, asyncio.TimeoutError)
"""Errors that keep it from the fleet; any other is a bug, which ends the connection and nothing else."""


class Exchange:
    """Publishes what a memory is taught and takes in what other robots were taught, until it is stopped.

    Nothing waits for it: without a network it tries again and again, and whatever was taught meanwhile follows.

    Threads: any thread calls. One thread of its own, `fleet`, does all the work in asyncio; it reads the memory under
    its owner's lock and changes it in its owner's turns.

    Args:
        settings: Which fleet, as whom.
        memory: What is exchanged.
    """

    def __init__(self, settings: FleetSettings, memory: SharedMemory) -> None:
        self._settings = settings
        self._memory = memory
        self._report = Report(settings.fleet, settings.robot_name)
        self._forbidden = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._woken: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fleet", daemon=True)

    def start(self) -> None:
        """Begin; it returns at once."""
        if url := self._settings.in_the_clear:
            _log.warning(
                "fleet_url %s: what robots are taught, and the credentials, go to another host unencrypted unless the "
                "server demands TLS; write tls:// to be sure.",
                url,
            )
        self._thread.start()
        self._ready.wait()

    def wake(self) -> None:
        """Say that the memory was changed."""
        self._call(self._woken)

    def stop(self, timeout: float = 5.0) -> None:
        """End the connection and the thread; what is not published yet follows after the next start."""
        self._call(self._stop)
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def status(self) -> FleetStatus:
        """How it stands."""
        now, published = self._report.now, self._report.published
        if published is None:
            return now
        robot, newest = self._memory.newest()
        return replace(now, waiting=newest - published[1] if published[0] == robot else newest)

    def _call(self, event: asyncio.Event | None) -> None:
        if self._loop is not None and event is not None:
            with contextlib.suppress(RuntimeError):  # the thread has ended
                self._loop.call_soon_threadsafe(event.set)

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop, self._woken = asyncio.Event(), asyncio.Event()
        self._ready.set()
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            try:
                if await self._connect_and_work(self._stop, self._woken):
                    pause = FIRST_PAUSE
            except Exception as error:
                self._say_why(error)
            await sleep_unless(self._stop, pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, LONGEST_PAUSE)

    def _say_why(self, error: Exception) -> None:
        self._report.set(server="")
        if not isinstance(error, REACH_ERRORS):
            _log.exception("A fault in the exchange with fleet %s; it connects anew.", self._settings.fleet)
        why = self._forbidden or without_password(first_line(error))
        self._report.trouble(Trouble.CONNECTION, f"{self._settings.shown} cannot be used: {why}")

    async def _connect_and_work(self, stop: asyncio.Event, woken: asyncio.Event) -> bool:
        """One connection, from its begin to its end; whether it came to work."""
        ended = asyncio.Event()
        client = await self._connect(ended.set)
        try:
            session = Session(client, client.jetstream(), self._settings, self._memory, self._report)
            receiver = Receiver(session)
            await self._tell_name()
            await session.open_stream()
            self._report.set(
                server=without_password(client.connected_url.geturl()) if client.connected_url else ""
            )
            works = [
                receiver.run(),
                Publisher(session, receiver, woken).run(),
                self._look_around(session, receiver),
                stop.wait(),
                ended.wait(),
            ]
            await self._until_one_ends([asyncio.ensure_future(work) for work in works])
            with contextlib.suppress(*REACH_ERRORS):
                if stop.is_set():
                    await asyncio.wait_for(receiver.note(), 1.0)
            if ended.is_set() and not stop.is_set():
                raise FleetError("the connection has ended")
            return receiver.caught_up.is_set()
        finally:
            self._report.set(server="")
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client.close(), 1.0)

    async def _until_one_ends(self, tasks: list[asyncio.Future]) -> None:
        """Raises what the first one to end raised; the others are ended."""
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(tasks)
        # Asked of all, so that none is complained of as never looked at.
        errors = {task: task.exception() for task in tasks if task.done() and not task.cancelled()}
        for task in done:
            if (error := errors.get(task)) is not None:
                raise error

    async def _connect(self, on_end: Callable[[], None]) -> FleetClient:
        """Connect to any of the servers.

        Raises:
            FleetError: None of them can be had.
        """
        errors: list[Exception] = []
        self._forbidden = ""

        async def note(error: Exception) -> None:
            errors.append(error)
            if "permissions violation" in str(error).lower():
                self._forbidden = f"the server forbids it ({first_line(error)})"

        async def end() -> None:
            on_end()

        client = FleetClient()
        hooks = {"error_cb": note, "disconnected_cb": end, "closed_cb": end}
        name = f"vfrt {self._settings.robot_name}"
        try:
            await client.reach(self._settings, name, CONNECT_SECONDS, ping_interval=PING_SECONDS, **hooks)
        except Exception as error:
            with contextlib.suppress(Exception):
                await client.close()
            raise FleetError(first_line(errors[0] if errors else error)) from error
        return client

    async def _tell_name(self) -> None:
        """Keep this robot's name beside its memory's log."""
        robot, names = self._memory.read(lambda memory: (memory.robot, memory.log.robot_names()))
        if names.get(robot) != self._settings.robot_name:
            await self._memory.change(
                lambda memory: memory.log.note(fact(memory.robot, self._settings.robot_name))
            )

    async def _look_around(self, session: Session, receiver: Receiver) -> None:
        """See, now and then, who else is in the fleet."""
        await receiver.caught_up.wait()
        while True:
            info = await session.look(session.subjects.all)
            senders = [sender for subject in info.state.subjects or {} if (sender := sender_of(subject))]
            spaces = {sender.space for sender in senders} - {session.space}
            robots = {sender.robot for sender in senders if sender.space == session.space}
            self._report.set(other_spaces=tuple(sorted(spaces)), robots=len(robots))
            await asyncio.sleep(LOOK_SECONDS)


async def _end(tasks: Iterable[asyncio.Future]) -> None:
    """Cancel tasks until they have ended: what they wait for may let a cancellation pass unheard."""
    pending = {task for task in tasks if not task.done()}
    for _ in range(ATTEMPTS_TO_END):
        if not pending:
            return
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.5)
