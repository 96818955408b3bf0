# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A child of `vfrt live` that ends with it, however that ends: also by SIGKILL, which nobody can catch.

Between `vfrt live` and the shell that becomes the node stands a process of honcho's, which hands the node's lines on.
The kernel tells both of the end of their parent (PR_SET_PDEATHSIG): the one in between ends the node, first politely,
then by force; a node whose process in between is killed too is told directly.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from functools import partial
from typing import Any

from honcho.process import Popen, Process

PATIENCE_SECONDS = 5
"""How long a node may take to end before it is killed."""
_PR_SET_PDEATHSIG = 1
"""Source: linux/prctl.h."""
_ORPHANED = signal.SIGUSR1


class TiedProcess(Process):
    """honcho's process, tied to its parent. It is run in a process of its own, which was just forked."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._child_ctor = partial(Popen, preexec_fn=partial(_tell_of_parents_end, signal.SIGTERM))
        self._parent = os.getpid()

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """See `honcho.process.Process.run`."""
        signal.signal(_ORPHANED, self._end_node)
        _tell_of_parents_end(_ORPHANED)
        if os.getppid() != self._parent:  # it ended before it could be told of
            return
        super().run(events, ignore_signals)

    def _end_node(self, *_: Any) -> None:
        if self._child is None:  # it is about to start, and will be told of our end
            os._exit(1)
        signal.signal(signal.SIGALRM, lambda *_: self._send(signal.SIGKILL))
        signal.alarm(PATIENCE_SECONDS)
        self._send(signal.SIGTERM)

    def _send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, number)


def _tell_of_parents_end(number: int) -> None:
    """Have the kernel send this process a signal when its parent ends; elsewhere than on Linux, do nothing."""
    prctl = getattr(_LIBRARY, "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, int(number))


_LIBRARY = ctypes.CDLL(None)  # loaded before any fork
