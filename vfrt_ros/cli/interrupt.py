# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, from the first line of a command to the last one of the interpreter: status 130, and no traceback.

Python turns SIGINT into a KeyboardInterrupt wherever it is: in an import, where some packages make an ImportError of
it, in a `__del__`, or at the interpreter's end, where nobody catches it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 130
"""Source: the shells' 128 + number of the signal."""


def end_at_once() -> None:
    """From now on, end the process at once: there is nothing yet, or nothing any more, to take down.

    A shell that starts a command in the background has it ignore SIGINT; that stays so.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))


@contextmanager
def raising() -> Iterator[threading.Event]:
    """SIGINT raises a KeyboardInterrupt meanwhile, and is remembered by the event: what follows comes of it."""
    interrupted = threading.Event()

    def handle(*_: object) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is signal.SIG_IGN:
        yield interrupted
        return
    signal.signal(signal.SIGINT, handle)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
