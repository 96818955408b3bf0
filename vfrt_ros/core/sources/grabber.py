# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Keeps the newest frame of a source at hand, whatever the source does.

Threads:
- The supervisor (one per grabber) starts an attempt at reading the source (`reading.py`), waits for its
  outcome, and starts another after a pause when the source fails or hangs.
- The attempt's thread reads, and writes the newest-frame slot.
- Any thread may call `wait`, `ended`, `stop`.

`_changed` guards everything that more than one of them touches: the slot, the current attempt, `_lost_at`,
`_back_at`, `_flowed`, `_ended`, `_crash`. Nothing slow is done and nobody is called back under it. `report`,
`opened`, `turn` and `stamp` are called from the supervisor's and the attempt's threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vfrt_ros.core.sources.clock import Backoff, Clock, SteadyClock
from vfrt_ros.core.sources.fitter import Fitter
from vfrt_ros.core.sources.health import Health
from vfrt_ros.core.sources.notice import Event, Notice
from vfrt_ros.core.sources.reading import AttemptEnd, Reading
from vfrt_ros.core.sources.source import Image, Source
from vfrt_ros.core.types.errors import SourceError

STALL_S = 5.0
OPENING = 6.0
"""To open a source may take this many times as long as to read a frame: a stream negotiates first."""
HEALTHY_S = 2.0
HEALTHY_FRAMES = 10
"""A source has recovered after so many seconds or frames: the next pause is a short one again."""
SILENT_PERIODS = 2.5
"""Periods of a slow source that may pass without a frame before it counts as hanging."""
MAX_HANGING = 3


@dataclass(frozen=True, slots=True, eq=False)
class Grabbed:
    """A frame in the slot.

    Attributes:
        image: (size[1], size[0], 3) uint8 BGR; the reader's own, but nobody else's to write.
        sequence: 1, 2, 3 …: a gap tells how many frames were replaced before they were looked at.
        stamp: What `stamp` gave at the moment the frame was there.
        stands_in: Of a source that is shown for want of what was asked for.
    """

    image: Image
    sequence: int
    stamp: Any
    stands_in: bool = False


class Grabber:
    """Reads a source in the background; failing and hanging sources are opened again, forever.

    Args:
        opener: Opens the source (a SourceError counts as a failure).
        size: Width and height that every frame gets, see `fit`.
        fps: Frames per second at most.
        report: Gets a `Notice` when something happens: one when the source is lost, one when it is back.
        opened: Gets each source that is opened, before its first frame.
        turn: Makes a picture upright, before it is fitted to the size.
        stamp: What marks the time of a frame, for example a ROS clock's now.
        first: An open source for the first attempt, where the caller has opened one already.
        name: What to call the source while none is open.
        stall: Seconds without an answer after which a source counts as hanging.
        on_bug: Gets what a source raised other than a SourceError; the source is then opened again like one that
            failed. None = a bug ends the reading and comes to light in `wait`.
    """

    def __init__(
        self,
        opener: Callable[[], Source],
        *,
        size: tuple[int, int],
        fps: float,
        report: Callable[[Notice], None],
        opened: Callable[[Source], None] = lambda source: None,
        turn: Callable[[Image], Image] = lambda image: image,
        stamp: Callable[[], Any] | None = None,
        first: Source | None = None,
        name: str = "source",
        stall: float = STALL_S,
        clock: Clock | None = None,
        on_bug: Callable[[BaseException], None] | None = None,
    ) -> None:
        self._on_bug = on_bug
        self._opener = opener
        self._fps = fps
        self._report = report
        self._note_opened = opened
        self._clock = clock or SteadyClock()
        self._stamp = stamp or self._clock.now
        self._first = first
        self._name = first.name if first else name
        self._stands_in = False
        self._expected_fps = fps
        self._stall = stall
        self._patience = stall
        self._backoff = Backoff()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, name="vfrt-grabber", daemon=True)
        self._current: Reading | None = None
        self._hanging: list[Reading] = []
        self._latest: Grabbed | None = None
        self._lost_at: float | None = None
        self._back_at = self._clock.now()
        self._flowed = 0
        self._ended = False
        self._crash: Exception | None = None
        self._reopenings = 0
        self._fitter = Fitter(size, turn, report)

    def start(self) -> None:
        """Begin to read; only once."""
        self._supervisor.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End. A source that hangs is left to close itself; everything else is closed on return."""
        self._stop.set()
        with self._changed:
            current = self._current
            self._changed.notify_all()
        if current:
            current.abandon()
        if self._supervisor.is_alive():
            self._supervisor.join(timeout)
        if current:
            current.join(timeout)
        first, self._first = self._first, None
        if first:
            first.close()

    @property
    def ended(self) -> bool:
        """True once the source has come to its end and nothing more will come."""
        with self._changed:
            return self._ended

    @property
    def health(self) -> Health:
        """How the source does."""
        with self._changed:
            lost_for = None if self._lost_at is None else self._clock.now() - self._lost_at
            sight = self._fitter.sight
            frames = self._latest.sequence if self._latest else 0
            return Health(
                self._name,
                frames,
                self._reopenings,
                lost_for,
                sight,
                self._ended,
                self._expected_fps,
                self._stands_in,
            )

    def wait(self, after: int = 0, timeout: float | None = None) -> Grabbed | None:
        """The newest frame, as soon as its sequence number is over `after`.

        Args:
            after: The number of the last frame that the caller has seen.
            timeout: Seconds; None = no limit.

        Returns:
            None when the time is up, or the grabber has stopped or come to the end.

        Raises:
            Exception: A bug in the source ended the reading; here it comes to light.
        """

        def settled() -> bool:
            new = self._latest is not None and self._latest.sequence > after
            return new or self._ended or self._crash is not None or self._stop.is_set()

        with self._changed:
            self._changed.wait_for(settled, timeout)
            if self._latest is not None and self._latest.sequence > after:
                return self._latest
            if self._crash is not None:
                raise self._crash
            return None

    def _supervise(self) -> None:
        while not self._stop.is_set():
            outcome = self._attempt()
            if outcome is None:
                return
            error = self._as_failure(outcome.error)
            if not isinstance(error, SourceError):
                self._finish(error)
                return
            self._lose(error)
            self._clock.wait(self._stop, self._backoff.next())

    def _as_failure(self, error: Exception | None) -> Exception | None:
        """A bug in the source as a failure of the source, where somebody is told of bugs."""
        if error is None or isinstance(error, SourceError) or self._on_bug is None:
            return error
        self._on_bug(error)
        return SourceError(f"The {self._name} cannot be read: {type(error).__name__}.")

    def _attempt(self) -> AttemptEnd | None:
        """Run one attempt to its outcome; None when the grabber stops meanwhile."""
        self._hanging = [reading for reading in self._hanging if reading.is_alive()]
        if len(self._hanging) >= MAX_HANGING:
            return AttemptEnd(SourceError(f"The {self._name} hangs."))
        reading = Reading(
            self._open, self._adopt, self._deliver, self._wake, fps=self._fps, clock=self._clock
        )
        with self._changed:
            self._current = reading
        reading.start()
        return self._watch(reading)

    def _watch(self, reading: Reading) -> AttemptEnd | None:
        with self._changed:
            while reading.outcome is None and not self._stop.is_set() and not self._stalls(reading):
                self._changed.wait(self._stall / 4)
        if self._stop.is_set():
            reading.abandon()
            return None
        if reading.outcome is not None:
            return reading.outcome
        reading.abandon()
        self._hanging.append(reading)
        return AttemptEnd(SourceError(f"The {self._name} gives no answer."))

    def _stalls(self, reading: Reading) -> bool:
        since = reading.busy_since
        limit = self._patience if reading.opened else OPENING * self._stall
        return since is not None and self._clock.now() - since > limit

    def _open(self) -> Source:
        first, self._first = self._first, None
        return first or self._opener()

    def _adopt(self, source: Source) -> None:
        """A source is open and is read from now on."""
        self._name = source.name
        self._stands_in = source.stands_in
        self._expected_fps = min(self._fps, source.fps or self._fps)
        self._patience = max(self._stall, SILENT_PERIODS / source.fps if source.fps else 0.0)
        self._fitter.restart()
        self._note_opened(source)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _deliver(self, reading: Reading, source: Source, image: Image) -> None:
        stamp = self._stamp()
        image = self._fitter.fitted(source, image, self._clock.now())
        with self._changed:
            if reading is not self._current or reading.abandoned:
                return
            sequence = self._latest.sequence + 1 if self._latest else 1
            self._latest = Grabbed(image, sequence, stamp, source.stands_in)
            lost_at, self._lost_at = self._lost_at, None
            self._flowed += 1
            if lost_at is not None:
                self._back_at = self._clock.now()
                self._flowed = 1
                self._reopenings += sequence > 1
            self._changed.notify_all()
        if lost_at is not None:
            gone = self._clock.now() - lost_at
            how = "back" if sequence > 1 else "there"
            self._report(Notice(Event.BACK, f"The {source.name} is {how} after {gone:.1f} s."))

    def _lose(self, error: SourceError) -> None:
        now = self._clock.now()
        with self._changed:
            if self._lost_at is not None:
                return
            self._lost_at = now
            if self._latest is not None and (
                now - self._back_at >= HEALTHY_S or self._flowed >= HEALTHY_FRAMES
            ):
                self._backoff.reset()
            until = "back" if self._latest is not None else "there"
        self._report(Notice(Event.LOST, f"{error} It is tried again until it is {until}."))

    def _finish(self, crash: Exception | None) -> None:
        with self._changed:
            self._ended = crash is None
            self._crash = crash
            self._changed.notify_all()
        if crash is None:
            self._report(Notice(Event.ENDED, f"The {self._name} has come to its end."))
