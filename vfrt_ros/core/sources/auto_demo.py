# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The demo in the place of a camera, which is looked for meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from vfrt_ros.core.sources.clock import Backoff, Clock, SteadyClock
from vfrt_ros.core.sources.demo import DemoSource
from vfrt_ros.core.sources.source import Frame, Source

LOOK_S = 0.5
"""How often the list of cameras is looked at; a camera that is new on it is tried at once."""


class AutoDemo(DemoSource):
    """Shows the demo until a camera delivers, which then is its `successor`.

    Threads: the reader's thread calls everything here; a search runs in a thread of its own, so that the demo goes
    on meanwhile, and hands over what it found under `_lock`.

    Args:
        find: Gives the first camera of these paths that delivers, open, or None; may take seconds.
        paths: The cameras that there are.
    """

    def __init__(
        self,
        *,
        size: tuple[int, int],
        fps: float,
        find: Callable[[Sequence[str]], Source | None],
        paths: Callable[[], Sequence[str]],
        clock: Clock | None = None,
    ) -> None:
        super().__init__(size=size, fps=fps)
        self.name = "demo, no camera was found"
        self.stands_in = True
        self._find = find
        self._paths = paths
        self._clock = clock or SteadyClock()
        self._backoff = Backoff()
        self._known = list(paths())
        self._look_at = self._clock.now() + LOOK_S
        self._again_at = self._clock.now() + self._backoff.next()
        self._lock = threading.Lock()
        self._search: threading.Thread | None = None
        self._found: Source | None = None
        self._bug: Exception | None = None
        self._closed = False

    def read(self, since: float = 0.0) -> Frame | None:
        """The next picture of the demo, or None once a camera has been found; see `Source.read`."""
        self._look()
        with self._lock:
            if self._bug is not None:
                raise self._bug
            self.successor, self._found = self._found, None
        return None if self.successor else super().read(since)

    def close(self) -> None:
        """Let a camera go that was found too late."""
        with self._lock:
            self._closed = True
            found, self._found = self._found, None
        if found is not None:
            found.close()

    def _look(self) -> None:
        """Start a search where it is time for one: a camera is new, or the last search is long enough ago."""
        now = self._clock.now()
        if now < self._look_at or (self._search is not None and self._search.is_alive()):
            return
        self._look_at = now + LOOK_S
        paths = list(self._paths())
        if not set(paths) - set(self._known) and now < self._again_at:
            self._known = paths
            return
        self._known = paths
        self._again_at = now + self._backoff.next()
        if paths:
            self._search = threading.Thread(target=self._try, args=(paths,), name="vfrt-search", daemon=True)
            self._search.start()

    def _try(self, paths: Sequence[str]) -> None:
        try:
            found = self._find(paths)
        except Exception as error:  # a bug: raised where frames are read
            with self._lock:
                self._bug = error
            return
        with self._lock:
            if not self._closed:
                self._found = found
                return
        if found is not None:
            found.close()
