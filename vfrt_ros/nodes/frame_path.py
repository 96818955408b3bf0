# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The way of frames from image messages to published answers, in the frame worker and the overlay worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.report.overlay import ShownPace
from vfrt_ros.core.types.observation import Observation
from vfrt_ros.core.types.region import Region, check_regions
from vfrt_ros.core.worker.frame_worker import NewestWorker
from vfrt_ros.core.worker.watched_worker import WatchedWorker
from vfrt_ros.nodes import names
from vfrt_ros.nodes.camera_channel import Arrival, CameraChannel
from vfrt_ros.nodes.conversions import Frame
from vfrt_ros.nodes.faults import Faults
from vfrt_ros.nodes.object_channel import Boxed
from vfrt_ros.nodes.objects_result import ObjectsResult
from vfrt_ros.nodes.result import Result


@dataclass(frozen=True, slots=True, eq=False)
class FramePicture:
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
        self.frames: WatchedWorker[Arrival | Boxed] = WatchedWorker(
            self._take, partial(faults.report, "recognition"), on_hang, name="recognise"
        )
        self.overlays: NewestWorker[tuple[CameraChannel, Result]] = NewestWorker(
            lambda drawing: drawing[0].paint(drawing[1]),
            partial(faults.report, "the overlay"),
            name="overlay",
        )

    def put(self, arrival: Arrival) -> None:
        """Put an image into the slot of its camera."""
        self.frames.put(arrival, arrival.channel.camera)

    def put_boxes(self, boxed: Boxed) -> None:
        """Put boxes with their image into a slot of their own."""
        self.frames.put(boxed, f"{boxed.arrival.channel.camera}/{names.REGIONS}")

    def stop(self) -> None:
        """End both workers."""
        self.frames.stop()
        self.overlays.stop()

    def _take(self, item: Arrival | Boxed) -> None:
        """Answer one frame or the boxes of one, or all that wait where the encoder is faster with many."""
        if not self._is_active():
            return
        items = [item, *(self.frames.take_rest() if self._recogniser.encoders.batches else [])]
        for boxed in items:
            if isinstance(boxed, Boxed):
                self._try(partial(self._answer_boxes, boxed))
        self._recognise([arrival for arrival in items if not isinstance(arrival, Boxed)])

    def _recognise(self, arrivals: Sequence[Arrival]) -> None:
        """Answer frames, encoded together."""
        pictures = [picture for one in arrivals if (picture := self._read(one)) is not None]
        if self._recogniser.settings.skip_unchanged:
            pictures = self._answer_repeats(pictures)
        observed = self._observe(pictures)
        if not observed or not self.frames.is_current:
            return  # nothing to say, or given up on as hung: another thread has gone on meanwhile
        self.frames.answered()
        self._answer_all(observed)

    def _read(self, arrival: Arrival) -> FramePicture | None:
        """The picture of an image message; None where it is not due or cannot be used."""
        settings, channel = self._recogniser.settings, arrival.channel
        if not channel.rate_limit.allows(arrival.monotonic, settings.publish_rate_limit):
            channel.statistics.held_back()
            return None
        frame = channel.read(arrival, settings.max_megapixels)
        return None if frame is None else FramePicture(arrival, frame)

    def _answer_repeats(self, pictures: Sequence[FramePicture]) -> list[FramePicture]:
        """Answer what needs no encoding; the others."""
        observed, others = [], []
        for picture in pictures:
            stamp, camera = picture.arrival.stamp, picture.channel.camera
            observation = self._recogniser.repeat(picture.frame, stamp, camera)
            if observation is None:
                others.append(picture)
            else:
                picture.channel.statistics.repeated()
                observed.append((picture, observation))
        self._answer_all(observed)
        return others

    def _observe(self, pictures: Sequence[FramePicture]) -> list[tuple[FramePicture, Observation]]:
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

    def _answer_all(self, observed: Sequence[tuple[FramePicture, Observation]]) -> None:
        for picture, observation in observed:
            self._try(partial(self._answer, picture, observation))

    def _try(self, answer: Callable[[], None]) -> None:
        """Give one of several answers; a fault in it costs the others nothing."""
        try:
            answer()
        except Exception as error:
            self._faults.report("recognition", error)

    def _answer(self, picture: FramePicture, observation: Observation) -> None:
        """Decide what an observation shows, publish it, and have its overlay drawn if somebody watches."""
        arrival, channel = picture.arrival, picture.channel
        decision = self._recogniser.decide(observation, channel.camera, picture.frame)
        fps = channel.statistics.recognised(time.monotonic(), known=decision.known)
        pace = ShownPace(fps, self._now() - arrival.stamp)
        dropped = self.frames.dropped_of(channel.camera)
        header, stamp = arrival.message.header, arrival.stamp
        result = Result(picture.frame, header, decision, pace, dropped, channel.camera, stamp=stamp)
        channel.publish(result)
        found = self._recogniser.find_regions(picture.frame, arrival.stamp, channel.camera)
        if found is not None:
            self._answer_regions(picture, found.regions, search=found.search)
        if channel.is_watched:
            result = replace(result, objects=channel.objects.near(result.stamp))
            self.overlays.put((channel, result), channel.camera)

    def _answer_boxes(self, boxed: Boxed) -> None:
        """Recognise what somebody found in a frame."""
        arrival = boxed.arrival
        channel = arrival.channel
        frame = channel.read_again(arrival, self._recogniser.settings.max_megapixels)
        if frame is None:
            return
        height, width = frame.shape[:2]
        checked = check_regions(boxed.given, width, height, self._recogniser.settings.max_regions)
        channel.objects.count(checked)
        self._answer_regions(FramePicture(arrival, frame), checked.regions)

    def _answer_regions(
        self, picture: FramePicture, regions: Sequence[Region], *, search: bool = False
    ) -> None:
        """Decide what regions of a frame show, and publish it."""
        arrival, channel, recogniser = picture.arrival, picture.channel, self._recogniser
        seen = recogniser.observe_regions(picture.frame, regions, arrival.stamp)
        if not self.frames.is_current:
            return  # as for frames
        self.frames.answered()
        objects = recogniser.decide_objects(seen, arrival.stamp, channel.camera, search=search)
        height, width = picture.frame.shape[:2]
        channel.objects.publish(
            ObjectsResult(
                arrival.message.header,
                width,
                height,
                tuple(objects),
                recogniser.memory.version,
                self._now() - arrival.stamp,
                channel.camera,
                arrival.stamp,
            ),
            recogniser.memory,
        )
