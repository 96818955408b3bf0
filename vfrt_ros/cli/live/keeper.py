# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The process between `vfrt live` and a node: it hands the node's lines on, and the node ends with `vfrt live`.

However that ends: also by SIGKILL, which nobody can catch. The kernel tells both of the end of their parent
(PR_SET_PDEATHSIG): the one in between ends the node, first politely, then by force; a node whose process in between is
killed too is told directly.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PATIENCE_SECONDS = 5
"""How long a node may take to end before it is killed."""
_PR_SET_PDEATHSIG = 1
"""Source: linux/prctl.h."""
_ORPHANED = signal.SIGUSR1
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class NodeStarted:
    """A node has the number `pid`, of its process and of its group."""

    name: str
    pid: int


@dataclass(frozen=True, slots=True)
class NodeLine:
    """A node wrote a line, its end included."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class NodeEnded:
    """A node has ended with a status; a signal is a number below zero."""

    name: str
    status: int


NodeEvent = NodeStarted | NodeLine | NodeEnded


def keep(name: str, command: Sequence[str], environment: Mapping[str, str], parent: int, events: Any) -> None:
    """Run a node to its end; the body of a process.

    Args:
        name: Of the node.
        command: Its program and arguments.
        environment: Its environment.
        parent: The number of the process of `vfrt live`.
        events: A queue that gets `NodeEvent`s.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Not ignored, for the node would inherit that.
        signal.signal(number, lambda *_: None)
    # Waited for, since a handler would not run while a line is waited for.
    signal.pthread_sigmask(signal.SIG_BLOCK, [_ORPHANED])
    _tell_of_parents_end(_ORPHANED)
    if os.getppid() != parent:  # it ended before it could be told of
        return
    node = subprocess.Popen(
        # By a shell, which says what cannot be run; `exec`, for signals are for the node.
        f"exec {shlex.join(command)}", shell=True, env=environment, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=_prepare_node,
    )  # fmt: skip
    events.put(NodeStarted(name, node.pid))
    reading = threading.Thread(target=_hand_on, args=(name, node, events), daemon=True)
    reading.start()
    while reading.is_alive():
        if _is_orphaned(reading):
            _send(node.pid, signal.SIGTERM)
            reading.join(PATIENCE_SECONDS)
            _send(node.pid, signal.SIGKILL)
            events.cancel_join_thread()  # nobody reads it any more
            return


def _hand_on(name: str, node: subprocess.Popen, events: Any) -> None:
    """Hand a node's lines on, and then its end."""
    for line in iter(node.stdout.readline, b"") if node.stdout is not None else ():
        events.put(NodeLine(name, line))
    events.put(NodeEnded(name, node.wait()))


def _is_orphaned(reading: threading.Thread) -> bool:
    """Wait a moment; whether the parent has ended."""
    if hasattr(signal, "sigtimedwait"):
        return signal.sigtimedwait([_ORPHANED], _LOOK_SECONDS) is not None
    reading.join(_LOOK_SECONDS)
    return False


def _prepare_node() -> None:
    """Between fork and exec: the node is told of its parent's end, and blocks no signal."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [_ORPHANED])
    _tell_of_parents_end(signal.SIGTERM)


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


def _tell_of_parents_end(number: int) -> None:
    """Have the kernel send this process a signal when its parent ends; elsewhere than on Linux, do nothing."""
    prctl = getattr(_LIBRARY, "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, int(number))


_LIBRARY = ctypes.CDLL(None)  # loaded before any fork
