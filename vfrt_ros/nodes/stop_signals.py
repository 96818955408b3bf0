# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM, from the first line of a node on: it ends with status 0 and without a traceback.

Threads: Python runs signal handlers in the main thread, which alone calls what is here; `StopSignals.wait` may be
ended from any thread by `StopSignals.end`.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM)


class ToldToStopError(BaseException):
    """A signal came while a node was starting. No `except Exception` holds it up."""


def end_at_once() -> None:
    """Until `StopSignals` takes over, end the process at once: there is nothing yet to take down.

    To be called before the imports that take seconds.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        os._exit(0)

    for number in NUMBERS:
        signal.signal(number, handle)


class StopSignals:
    """The signals that end a node, or break off its start."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._is_breaking_off = False

    def listen(self) -> None:
        """Hear the signals from now on; in the main thread only."""
        for number in NUMBERS:
            signal.signal(number, self._handle)

    @contextmanager
    def breaking_off(self) -> Iterator[None]:
        """Let a signal break off what the main thread does in this block, a loading of weights for example.

        Raises:
            ToldToStopError: A signal came, in the block or before it.
        """
        self._is_breaking_off = True
        try:
            self.raise_if_told()
            yield
            # Python swallows what a handler raises in a finaliser.
            self.raise_if_told()
        except Exception:
            self.raise_if_told()
            raise
        finally:
            self._is_breaking_off = False

    def raise_if_told(self) -> None:
        """Raise a ToldToStopError if a signal has come.

        To be asked where a start fails: an import of C++ code makes an ImportError of what the handler raised.
        """
        if self._stop.is_set():
            raise ToldToStopError

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for a signal, or for `end`, so long at most; None = for ever. Whether it came."""
        return self._stop.wait(seconds)

    def end(self) -> None:
        """End the wait."""
        self._stop.set()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()
        if self._is_breaking_off:
            self._is_breaking_off = False  # once: taking down is not broken off
            raise ToldToStopError
