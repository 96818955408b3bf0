# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One attempt at reading a source, in a thread of its own.

Threads: the attempt's thread opens, reads and closes the source, and nobody else touches it. `busy_since`,
`opened` and `outcome` are written by that thread and read by the grabber's; each is one assignment of an
immutable value. An attempt that hangs inside the source cannot be interrupted: `abandon()` makes it deliver nothing
more and close its source as soon as it wakes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from vfrt_ros.core.sources.clock import Clock
from vfrt_ros.core.sources.source import Image, Source

TOLERANCE = 0.25
"""Share of a period by which a frame may come early: the clocks of cameras are not exact."""


class Pacer:
    """Picks frames out of a faster stream so that their mean rate is `fps`; passes a slower one as it is.

    Times are seconds since the first frame.

    >>> pacer = Pacer(fps=20)
    >>> [t for t in (0.0, 0.033, 0.067, 0.1, 0.133, 0.167, 0.2) if pacer.accept(t)]
    [0.0, 0.067, 0.1, 0.167, 0.2]
    """

    def __init__(self, fps: float) -> None:
        self._period = 1.0 / fps
        self._due = 0.0

    @property
    def due(self) -> float:
        """The earliest time at which the next frame is wanted."""
        return max(0.0, self._due - TOLERANCE * self._period)

    def accept(self, time: float) -> bool:
        """True when the frame of this time is wanted; the next one is then due a period later."""
        if time < self.due:
            return False
        self._due = max(self._due + self._period, time + self._period / 2)
        return True


MAX_LATE_S = 0.25
"""By how much playback may lag before a source with a timeline leaves frames out."""


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """How an attempt ended: with an error, or (None) at the source's end."""

    error: Exception | None = None


class Reading(threading.Thread):
    """Reads a source to its end and delivers the frames that are wanted, each in its time.

    Args:
        opener: Gives the open source.
        opened: Called in this thread with each source before it is read: the first one, then its successors.
        deliver: Called in this thread with this attempt, the source and each wanted (H, W, 3) uint8 frame.
        done: Called in this thread after the last one, once the source is closed.
    """

    def __init__(
        self,
        opener: Callable[[], Source],
        opened: Callable[[Source], None],
        deliver: Callable[[Reading, Source, Image], None],
        done: Callable[[], None],
        *,
        fps: float,
        clock: Clock,
    ) -> None:
        super().__init__(name="vfrt-reading", daemon=True)
        self._opener = opener
        self._note_opened = opened
        self._deliver = deliver
        self._done = done
        self._clock = clock
        self._fps = fps
        self._abandoned = threading.Event()
        self.busy_since: float | None = clock.now()
        self.opened = False
        self.outcome: AttemptEnd | None = None

    def abandon(self) -> None:
        """Deliver nothing more, and end as soon as the source lets go."""
        self._abandoned.set()

    @property
    def abandoned(self) -> bool:
        """True once `abandon` was called."""
        return self._abandoned.is_set()

    def run(self) -> None:
        """Open, read, close."""
        try:
            self.outcome = self._attempt()
        finally:
            self.busy_since = None
            self._done()

    def _attempt(self) -> AttemptEnd:
        try:
            source: Source | None = self._opener()
            while source is not None:
                with source:
                    self.opened = True
                    self._note_opened(source)
                    self._read_all(source)
                source = source.successor
        except Exception as error:  # the grabber passes a bug on to whoever waits for frames
            return AttemptEnd(error)
        return AttemptEnd()

    def _read_all(self, source: Source) -> None:
        pacer, start = Pacer(self._fps), self._clock.now()
        while not self.abandoned:
            if source.polled:
                self.busy_since = None
                if self._clock.wait(self._abandoned, pacer.due - (self._clock.now() - start)):
                    return
            self.busy_since = self._clock.now()
            late = self._clock.now() - start - MAX_LATE_S
            frame = source.read(max(pacer.due, late))
            self.busy_since = None
            if frame is None:
                return
            now = self._clock.now() - start
            if not pacer.accept(now if frame.time is None else frame.time):
                continue
            if frame.time is not None:
                self._clock.wait(self._abandoned, frame.time - now)
            if not self.abandoned:
                self._deliver(self, source, frame.image)
