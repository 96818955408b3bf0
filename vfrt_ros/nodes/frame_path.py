# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The way of frames from image messages to published answers, in the frame worker and the overlay worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.report.overlay import Pace
from vfrt_ros.core.types.observation import Observation
from vfrt_ros.core.worker.frame_worker import NewestWorker
from vfrt_ros.core.worker.watched_worker import WatchedWorker
from vfrt_ros.nodes.camera_channel import Arrival, CameraChannel
from vfrt_ros.nodes.conversions import Frame
from vfrt_ros.nodes.faults import Faults
from vfrt_ros.nodes.result import Result


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """The picture of an image message: `frame` is (H, W, 3) uint8 BGR."""

    arrival: Arrival
    frame: Frame

    @property
    def channel(self) -> CameraChannel:
        """Of the camera that it is from."""
        return self.arrival.channel


class FramePath:
    """Recognises the newest frame of each camera in turn, and draws overlays beside it.

    Threads: `put` is called by the executor's thread. `frames` works on frames and jobs, `overlays` draws.

    Args:
        recogniser: Belongs to the thread of `frames` while this is not stopped.
        is_active: Whether frames are wanted now.
        faults: Gets what is raised.
        now: Seconds of the node's clock.
        on_hang: See `WatchedWorker`.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        is_active: Callable[[], bool],
        faults: Faults,
        now: Callable[[], float],
        on_hang: Callable[[float], None],
    ) -> None:
        self._recogniser = recogniser
        self._is_active = is_active
        self._faults = faults
        self._now = now
        self.frames: WatchedWorker[Arrival] = WatchedWorker(
            self._recognise, partial(faults.report, "recognition"), on_hang, name="recognise"
        )
        self.overlays: NewestWorker[tuple[CameraChannel, Result]] = NewestWorker(
            lambda drawing: drawing[0].paint(drawing[1]),
            partial(faults.report, "the overlay"),
            name="overlay",
        )

    def put(self, arrival: Arrival) -> None:
        """Put an image into the slot of its camera."""
        self.frames.put(arrival, arrival.channel.camera)

    def stop(self) -> None:
        """End both workers."""
        self.frames.stop()
        self.overlays.stop()

    def _recognise(self, arrival: Arrival) -> None:
        """Answer one frame, or the newest of every camera where the encoder is faster with many."""
        if not self._is_active():
            return
        rest = self.frames.take_rest() if self._recogniser.encoders.batches else []
        pictures = [picture for one in (arrival, *rest) if (picture := self._read(one)) is not None]
        observed = self._observe(pictures)
        if not observed or not self.frames.is_current:
            return  # nothing to say, or given up on as hung: another thread has gone on meanwhile
        self.frames.answered()
        for picture, observation in observed:
            try:
                self._answer(picture, observation)
            except Exception as error:
                self._faults.report("recognition", error)

    def _read(self, arrival: Arrival) -> Picture | None:
        """The picture of an image message; None where it is not due or cannot be used."""
        settings, channel = self._recogniser.settings, arrival.channel
        if not channel.rate_limit.allows(arrival.monotonic, settings.publish_rate_limit):
            channel.statistics.held_back()
            return None
        frame = channel.read(arrival, settings.max_megapixels)
        return None if frame is None else Picture(arrival, frame)

    def _observe(self, pictures: Sequence[Picture]) -> list[tuple[Picture, Observation]]:
        """Encode pictures together; where that fails, each alone, so that one costs the other cameras nothing."""
        if not pictures:
            return []
        frames, stamps = [one.frame for one in pictures], [one.arrival.stamp for one in pictures]
        try:
            observations = self._recogniser.observe_all(frames, stamps)
        except Exception as error:
            if len(pictures) > 1:
                return [pair for one in pictures for pair in self._observe([one])]
            self._faults.report("recognition", error)
            return []
        return list(zip(pictures, observations, strict=True))

    def _answer(self, picture: Picture, observation: Observation) -> None:
        """Decide what an observation shows, publish it, and have its overlay drawn if somebody watches."""
        arrival, channel = picture.arrival, picture.channel
        decision = self._recogniser.decide(observation, channel.camera)
        fps = channel.statistics.recognised(time.monotonic(), known=decision.known)
        pace = Pace(fps, self._now() - arrival.stamp)
        dropped = self.frames.dropped_of(channel.camera)
        result = Result(picture.frame, arrival.message.header, decision, pace, dropped, channel.camera)
        channel.publish(result)
        if channel.is_watched:
            self.overlays.put((channel, result), channel.camera)
