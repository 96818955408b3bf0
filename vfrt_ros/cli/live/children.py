# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Child processes by name, each with a process of its own that keeps it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess

from vfrt_ros.cli.live.keeper import NodeEnded, NodeEvent, NodeStarted, keep


class Children:
    """Starts processes, and knows which of them run.

    Not thread-safe.

    Args:
        commands: Program and arguments by name.
        environments: Environment by name.
    """

    def __init__(
        self, commands: Mapping[str, Sequence[str]], environments: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.names = tuple(commands)
        self._commands, self._environments = commands, environments
        self._events: multiprocessing.Queue[NodeEvent] = multiprocessing.Queue()
        self._keepers: dict[str, BaseProcess] = {}
        self._pids: dict[str, int] = {}
        self._statuses: dict[str, int] = {}
        self._lost: set[str] = set()
        """Those whose keeper has ended without a word; they may run on."""

    def start(self) -> None:
        """Start them all."""
        for name in self.names:
            arguments = (name, self._commands[name], self._environments[name], os.getpid(), self._events)
            self._keepers[name] = multiprocessing.Process(target=keep, args=arguments, name=name)
            self._keepers[name].start()

    def next_event(self, seconds: float) -> NodeEvent | None:
        """The next event; None = nothing happened within these seconds."""
        try:
            event = self._events.get(timeout=seconds)
        except queue.Empty:
            self._find_lost()
            return None
        self.take(event)
        return event

    def take(self, event: NodeEvent) -> None:
        """Note what happened."""
        if isinstance(event, NodeStarted):
            self._pids[event.name] = event.pid
        elif isinstance(event, NodeEnded):
            self._statuses[event.name] = event.status

    @property
    def have_started(self) -> bool:
        """Whether every process has had its number, or has ended."""
        return all(name in self._pids or name in self._statuses for name in self.names)

    @property
    def have_ended(self) -> bool:
        """Whether every process has ended."""
        return len(self._statuses) == len(self.names)

    def ended(self) -> list[str]:
        """The names of those that have ended, in their order."""
        return [name for name in self.names if name in self._statuses]

    def status(self, name: str) -> int | None:
        """With what a process has ended, a signal as a number below zero; None = it runs."""
        return self._statuses.get(name)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to all that run, and to what they have started."""
        for name, pid in self._pids.items():
            if name not in self._statuses or name in self._lost:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, number)

    def _find_lost(self) -> None:
        """A process whose keeper was killed has ended with it; nobody else tells."""
        for name, keeper in self._keepers.items():
            if name not in self._statuses and keeper.exitcode is not None:
                # Its last words may still be on their way.
                if name in self._lost:
                    self._statuses[name] = keeper.exitcode
                self._lost.add(name)
