# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Threads that work ahead, and have ended before the interpreter takes itself apart.

A daemon thread that comes back from C++ at that time is ended by force, and the process aborts (`terminate called
without an active exception`). So these are waited for when the interpreter ends, whether or not anything was closed.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable

_ending = threading.Event()
_threads: weakref.WeakKeyDictionary[threading.Thread, Callable[[], None]] = weakref.WeakKeyDictionary()


def start(target: Callable[[], None], name: str, wake: Callable[[], None] = lambda: None) -> threading.Thread:
    """Start a thread.

    Args:
        target: What it does; it ends soon after `is_ending` is true.
        name: Of the thread.
        wake: Called when the interpreter ends, so that a waiting `target` looks at `is_ending`.
    """
    thread = threading.Thread(target=target, name=name, daemon=True)
    _threads[thread] = wake
    thread.start()
    return thread


def is_ending() -> bool:
    """Whether the interpreter ends: nothing is begun any more."""
    return _ending.is_set()


@atexit.register
def _end() -> None:
    _ending.set()
    for thread, wake in list(_threads.items()):
        wake()
        thread.join()
