# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Messages that wait until the thread that asked for them handles them."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable
from typing import Any

_DEPTH = 10


class Inbox:
    """Hands messages from the executor's thread over to the thread that owns a client.

    Threads: what `slot` gives is called in the executor's thread, `handle_one` in the owner's; `wake` in any.

    >>> inbox, heard = Inbox(), []
    >>> put = inbox.slot(heard.append, 2)
    >>> put("one"), put("two"), put("three")
    (None, None, None)
    >>> for _ in range(3):
    ...     inbox.handle_one(0.0)
    >>> heard
    ['two', 'three']
    """

    def __init__(self) -> None:
        self._signs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def slot(self, callback: Callable[[Any], None], qos: Any = _DEPTH) -> Callable[[Any], None]:
        """A function that takes messages for a callback; of those that wait, the oldest give way.

        Args:
            callback: Is called by `handle_one`.
            qos: A profile, or how many messages may wait.
        """
        depth = qos if isinstance(qos, int) else qos.depth
        waiting: deque[Any] = deque(maxlen=depth or _DEPTH)

        def handle() -> None:
            if waiting:
                callback(waiting.popleft())

        def put(message: Any) -> None:
            waiting.append(message)
            self._signs.put(handle)

        return put

    def wake(self) -> None:
        """Have `handle_one` return at once."""
        self._signs.put(lambda: None)

    def handle_one(self, seconds: float) -> None:
        """Handle the next message, if one comes within these seconds; what its callback raises is raised."""
        try:
            handle = self._signs.get(timeout=max(0.0, seconds)) if seconds > 0 else self._signs.get_nowait()
        except queue.Empty:
            return
        handle()
