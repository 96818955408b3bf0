# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The nodes of `vfrt live` as child processes, kept by honcho.

honcho's loop runs in the main thread and owns the processes; `terminate` may be called from any thread.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Any

from honcho.manager import KILL_WAIT, SIGNALS, SYSTEM_PRINTER_NAME, Manager

from vfrt_ros.bringup import NodeStart, full_name
from vfrt_ros.cli.command import FAILED, INTERRUPTED, OK
from vfrt_ros.cli.live.tied_process import TiedProcess

LAST_LINES = 12


def command_line(start: NodeStart, namespace: str = "") -> list[str]:
    """The program and the arguments that start a node."""
    remappings = list(start.node.remappings)
    if full := full_name(namespace, start.namespace).strip("/"):
        remappings.append(("__ns", f"/{full}"))
    rules = [part for old, new in remappings for part in ("-r", f"{old}:={new}")]
    return [sys.executable, "-m", start.node.module, "--ros-args", *rules, *start.ros_arguments]


class _Lines:
    """honcho's printer: hands each line of a node on and keeps the last ones."""

    width = 0  # honcho sets it

    def __init__(self, show: Callable[[str, str], None]) -> None:
        self._show = show
        self.last: dict[str, deque[str]] = {}
        self.on_news: Callable[[], None] = lambda: None

    def write(self, message: Any) -> None:
        """Take a line of a child, or honcho's own news; honcho calls it."""
        if message.name == SYSTEM_PRINTER_NAME:
            self.on_news()
            return
        for text in message.data.decode("utf-8", "replace").splitlines():
            self.last.setdefault(message.name, deque(maxlen=LAST_LINES)).append(text)
            self._show(message.name, text)

    def tell(self, name: str, text: str) -> None:
        """A line about a node that it did not write itself."""
        self._show(name, text)


class _Manager(Manager):
    """honcho's manager, which must not be ended before it knows its children, nor wait for them forever."""

    ended_by_itself = ""
    is_ending = False
    extras: frozenset[str] = frozenset()

    def __init__(self, printer: _Lines) -> None:
        super().__init__(printer)
        self._process_ctor = TiedProcess

    @property
    def has_started(self) -> bool:
        """Whether every process has its number."""
        return bool(self._all_started())

    def terminate(self) -> None:
        """End all processes: at once, or as soon as they have started."""
        if not self.is_ending:
            self.is_ending = True
            stopped = self._stopped_nodes()
            self.ended_by_itself = stopped[0] if stopped else ""
        if self.has_started and not self._terminating:
            super().terminate()
            timer = threading.Timer(KILL_WAIT, self.kill)
            timer.daemon = True
            timer.start()

    def ended(self) -> set[str]:
        """The names of all processes that have ended."""
        return {name for name, entry in self._processes.items() if entry.get("returncode") is not None}

    def status(self, name: str) -> int | None:
        """With what a process has ended, a signal as a number below zero; None = it runs."""
        return self._processes[name].get("returncode")

    def _stopped_nodes(self) -> list[str]:
        """The processes that have ended and are missed."""
        return [name for name in self._processes if name in self.ended() and name not in self.extras]

    def _any_stopped(self) -> bool:
        """Whether the end of a process is to end all; asked by honcho's loop."""
        return bool(self._stopped_nodes())


class NodeProcesses:
    """Starts nodes, waits for the first one to end or for a signal, and ends them all."""

    def __init__(
        self,
        commands: dict[str, list[str]],
        *,
        show: Callable[[str, str], None],
        started: Callable[[], None],
        extras: Collection[str] = (),
        variables: Mapping[str, Mapping[str, str]] | None = None,
        again: Mapping[str, str] | None = None,
    ) -> None:
        """
        Args:
            commands: Program and arguments by the node's name.
            extras: Names of those whose end ends nothing else.
            variables: More environment variables by the node's name.
            again: The commands that start such ones again, by their names.
            show: Gets the name of a node and each line that it writes.
            started: Called once, in the main thread, when all processes run.
        """
        self._lines = _Lines(show)
        self._lines.on_news = self._news
        self._manager = _Manager(printer=self._lines)
        self._manager.extras = frozenset(extras)
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        for name, command in commands.items():
            # `exec`: honcho starts a shell, and signals are for the node.
            own = {**environment, **(variables or {}).get(name, {})}
            self._manager.add_process(name, "exec " + shlex.join(command), env=own)
        self._started: Callable[[], None] | None = started
        self._told: set[str] = set()
        self._again = dict(again or {})

    def run(self) -> int:
        """Start the nodes and wait for the end.

        Returns:
            0 after SIGTERM or SIGHUP, 130 after Ctrl-C, 1 where a node has ended by itself.
        """
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.getsignal(number) for number in numbers}
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
        try:
            self._manager.loop()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if self.ended_by_itself:
            return FAILED
        return INTERRUPTED if self._manager.returncode == SIGNALS[signal.SIGINT]["rc"] else OK

    @property
    def ended_by_itself(self) -> str:
        """The name of the node whose end was the reason for the end; empty = none."""
        return self._manager.ended_by_itself

    def last_lines(self, name: str) -> list[str]:
        """The last lines of a node, and the signal that ended it, if one did."""
        status = self._manager.status(name) or 0
        signalled = [f"(ended by {signal.Signals(-status).name})"] if status < 0 else []
        return [*self._lines.last.get(name, ()), *signalled]

    def _news(self) -> None:
        """After each change of state that honcho reports."""
        if not self._manager.has_started:
            return
        if self._manager.is_ending:
            self._manager.terminate()
            return
        if self._started:
            started, self._started = self._started, None
            started()
        self._tell_of_extras()

    def _tell_of_extras(self) -> None:
        """Say once of each extra process that has ended by itself."""
        for name in (self._manager.ended() & self._manager.extras) - self._told:
            self._told.add(name)
            again = f" `{self._again[name]}` starts it again." if name in self._again else ""
            self._lines.tell(name, f"The {name} has ended; the nodes go on.{again}")
