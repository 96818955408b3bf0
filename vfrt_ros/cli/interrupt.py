# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, from the first line of a command to the last one of the interpreter: status 130, and no traceback.
SIGTERM ends a command in the same way, so that it takes down what it has begun: status 143.

Python turns SIGINT into a KeyboardInterrupt wherever it is: in an import, where some packages make an ImportError of
it, in a `__del__`, or at the interpreter's end, where nobody catches it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

INTERRUPTED, TERMINATED = 130, 143
"""Source: the shells' 128 + number of the signal."""


@dataclass(slots=True)
class ToldToEnd:
    """The signal that told a command to end.

    Attributes:
        status: The exit status that it stands for; None = no signal came.
    """

    status: int | None = None


def end_at_once() -> None:
    """From now on, end the process at once: there is nothing yet, or nothing any more, to take down.

    A shell that starts a command in the background has it ignore SIGINT; that stays so.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))


@contextmanager
def raising() -> Iterator[ToldToEnd]:
    """SIGINT raises a KeyboardInterrupt meanwhile and SIGTERM a SystemExit, and both are remembered: what follows
    comes of them.

    A second SIGTERM is not heard, so that it breaks off nothing that the first one has taken down. A signal that is
    ignored stays so.
    """
    told = ToldToEnd()

    def interrupt(*_: object) -> None:
        told.status = INTERRUPTED
        raise KeyboardInterrupt

    def terminate(number: int, _: FrameType | None) -> None:
        signal.signal(number, lambda *_: None)
        told.status = TERMINATED
        raise SystemExit(TERMINATED)

    before = {}
    if threading.current_thread() is threading.main_thread():
        for number, handler in ((signal.SIGINT, interrupt), (signal.SIGTERM, terminate)):
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, handler)
    try:
        yield told
    finally:
        for number, handler_before in before.items():
            signal.signal(number, handler_before)
