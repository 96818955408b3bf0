# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The nodes of `vfrt live` as child processes: started together, and ended together.

All of it runs in the main thread, which signals interrupt.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping

from vfrt_ros.bringup import NodeStart, full_name
from vfrt_ros.cli.command import FAILED, INTERRUPTED, OK
from vfrt_ros.cli.live.children import Children
from vfrt_ros.cli.live.keeper import NodeLine

LAST_LINES = 12
KILL_WAIT = 5.0
"""Seconds that nodes may take to end before they are killed."""
_LOOK_SECONDS = 0.1
_STATUSES: dict[int, int] = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: OK, signal.SIGHUP: OK}
"""Exit status after a signal."""


def command_line(start: NodeStart, namespace: str = "") -> list[str]:
    """The program and the arguments that start a node."""
    remappings = list(start.node.remappings)
    if full := full_name(namespace, start.namespace).strip("/"):
        remappings.append(("__ns", f"/{full}"))
    rules = [part for old, new in remappings for part in ("-r", f"{old}:={new}")]
    return [sys.executable, "-m", start.node.module, "--ros-args", *rules, *start.ros_arguments]


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
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self._children = Children(
            commands, {name: {**environment, **(variables or {}).get(name, {})} for name in commands}
        )
        self._show = show
        self._last: dict[str, deque[str]] = {}
        self._extras = frozenset(extras)
        self._started: Callable[[], None] | None = started
        self._told: set[str] = set()
        self._again = dict(again or {})
        self._status = OK
        self._is_ending = False
        self._kill_at: float | None = None
        self.ended_by_itself = ""
        """The name of the node whose end was the reason for the end; empty = none."""

    def run(self) -> int:
        """Start the nodes and wait for the end.

        Returns:
            0 after SIGTERM or SIGHUP, 130 after Ctrl-C, 1 where a node has ended by itself.
        """
        before = {number: signal.getsignal(number) for number in _STATUSES}
        for number in _STATUSES:
            signal.signal(number, self._end_on_signal)
        try:
            self._children.start()
            self._wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return FAILED if self.ended_by_itself else self._status

    def last_lines(self, name: str) -> list[str]:
        """The last lines of a node, and the signal that ended it, if one did."""
        status = self._children.status(name) or 0
        signalled = [f"(ended by {signal.Signals(-status).name})"] if status < 0 else []
        return [*self._last.get(name, ()), *signalled]

    def _wait(self) -> None:
        while True:
            event = self._children.next_event(_LOOK_SECONDS)
            if isinstance(event, NodeLine):
                self._write(event)
            elif event is None and self._children.have_ended:
                return
            self._follow()

    def _write(self, line: NodeLine) -> None:
        for text in line.data.decode("utf-8", "replace").splitlines():
            self._last.setdefault(line.name, deque(maxlen=LAST_LINES)).append(text)
            self._show(line.name, text)

    def _end_on_signal(self, number: int, _: object) -> None:
        self._status = _STATUSES[number]
        self._begin_to_end()

    def _begin_to_end(self) -> None:
        if not self._is_ending:
            self._is_ending = True
            self.ended_by_itself = next(iter(self._missed()), "")

    def _missed(self) -> list[str]:
        """The nodes that have ended and without which the others are of no use."""
        return [name for name in self._children.ended() if name not in self._extras]

    def _follow(self) -> None:
        """Do what has become due: not before every process has its number, so that none is left behind."""
        if not self._children.have_started:
            return
        if not self._is_ending:
            if self._started:
                started, self._started = self._started, None
                started()
            self._tell_of_extras()
            if self._missed():
                self._begin_to_end()
        if self._is_ending:
            self._end_all()

    def _end_all(self) -> None:
        if self._kill_at is None:
            self._kill_at = time.monotonic() + KILL_WAIT
            self._children.send(signal.SIGTERM)
        elif time.monotonic() >= self._kill_at:
            self._children.send(signal.SIGKILL)

    def _tell_of_extras(self) -> None:
        """Say once of each extra process that has ended by itself."""
        for name in self._children.ended():
            if name in self._extras and name not in self._told:
                self._told.add(name)
                again = f" `{self._again[name]}` starts it again." if name in self._again else ""
                self._show(name, f"The {name} has ended; the nodes go on.{again}")
