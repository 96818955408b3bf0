# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The last recognition and objects, and the pace of the last minute. The link's thread writes, sessions read."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SAMPLE_SECONDS = 0.5
SAMPLES = 120
FRESH_SECONDS = 2.0
"""After which objects are no longer in view: no newer ones came."""


@dataclass(frozen=True, slots=True)
class FeedPace:
    """Recognitions per second, and milliseconds from the image's stamp to its recognition."""

    fps: float
    latency_ms: float


class RecognitionFeed:
    """Keeps the newest recognition and one sample of the pace each half second, for a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: Any = None
        self._arrived = 0.0
        self._due = 0.0
        self._samples: deque[FeedPace] = deque(maxlen=SAMPLES)

    def take(self, recognition: Any) -> None:
        """A new one came."""
        latency = recognition.latency.sec + recognition.latency.nanosec * 1e-9
        now = self._clock()
        with self._lock:
            self._newest, self._arrived = recognition, now
            if now >= self._due:
                self._due = now + SAMPLE_SECONDS
                self._samples.append(FeedPace(float(recognition.fps), 1e3 * latency))

    def newest(self) -> Any:
        """The newest Recognition; None = there was none."""
        with self._lock:
            return self._newest

    @property
    def age(self) -> float:
        """Seconds since the newest one came."""
        with self._lock:
            return self._clock() - self._arrived

    def samples(self) -> list[FeedPace]:
        """The pace of the last minute, oldest first."""
        with self._lock:
            return list(self._samples)


class ObjectsFeed:
    """Keeps the newest vfrt_msgs/RecognisedObjects: one reference, replaced as a whole."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._newest: tuple[float, Any] | None = None

    def take(self, objects: Any) -> None:
        """New ones came."""
        self._newest = (self._clock(), objects)

    def newest(self) -> Any:
        """The newest ones; None = none came lately."""
        newest = self._newest
        return newest[1] if newest and self._clock() - newest[0] <= FRESH_SECONDS else None
