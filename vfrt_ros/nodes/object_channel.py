# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The regions that come in and the objects that go out of one camera of a recognition node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from rclpy.node import Node
from std_msgs.msg import Header

from vfrt_msgs.msg import RecognisedObjects, Regions
from vfrt_ros.core.frames.regions.catalog import TOPIC
from vfrt_ros.core.frames.regions.stamp_pairs import StampPairs
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.types.region import CheckedRegions, RegionFault
from vfrt_ros.nodes import detections, names, qos
from vfrt_ros.nodes.messages import Numbers, given_regions, objects_message
from vfrt_ros.nodes.objects_result import ObjectsResult
from vfrt_ros.nodes.qos_mismatch import publisher, subscription_events

NO_PICTURE = "no_picture"
FRESH_S = 0.5
"""Age, in seconds of the camera, up to which objects are drawn into a later frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Boxed:
    """An image message and the boxes that somebody found in it.

    Attributes:
        arrival: Of the image.
        given: What `check_regions` takes.
    """

    arrival: Any
    given: Iterable[Numbers]


class ObjectChannel:
    """Takes the boxes of one camera's pictures and publishes what they show.

    Threads: the executor's makes it, starts and stops it, and takes boxes and pictures. The worker publishes and counts
    what is wrong with boxes. `latest` is written by the worker and read by all, one reference at a time; the counts are
    under a lock.

    Args:
        node: Whose topics these are.
        topic: Gives the camera's own topic of a name.
        hand_over: Takes boxes with their picture.
    """

    def __init__(self, node: Node, topic: Callable[[str], str], hand_over: Callable[[Boxed], None]) -> None:
        self.latest: ObjectsResult | None = None
        self._node = node
        self._topic = topic
        self._hand_over = hand_over
        self._pairs: StampPairs[Any, Iterable[Numbers]] = StampPairs(_size)
        self._lock = Lock()
        self._faults: Counter[str] = Counter()
        self._listens = False
        self._objects = publisher(node, RecognisedObjects, topic(names.OBJECTS), qos.recognition())
        self._detections = detections.DetectionPublishers(node, topic) if detections.INSTALLED else None
        self._subscribe()

    def start(self) -> None:
        """Take boxes and pictures."""
        self._listens = True

    def stop(self) -> None:
        """Take none; what waits is dropped."""
        self._listens = False
        self._pairs.clear()

    def _subscribe(self) -> None:
        kinds: list[tuple[type, str, Callable[[Any], Iterable[Numbers]]]] = [
            (Regions, names.REGIONS, given_regions)
        ]
        if detections.INSTALLED:
            kinds.append((detections.MESSAGE, names.DETECTIONS, detections.given_regions))
        for kind, name, read in kinds:
            topic = self._topic(name)
            self._node.create_subscription(
                kind,
                topic,
                lambda message, read=read: self._receive(message, read(message)),
                qos.regions(),
                qos_overriding_options=qos.overridable(),
                event_callbacks=subscription_events(self._node, topic),
            )

    def arrived(self, arrival: Any) -> None:
        """A picture came: boxes may be waiting for it, or come later."""
        if self._wanted:
            message = arrival.message
            self._give(self._pairs.add_picture(_nanoseconds(message.header), arrival, self._limit))
        else:
            self._pairs.clear()  # pictures that were kept for boxes are of no use any more

    def publish(self, result: ObjectsResult, memory: Memory) -> None:
        """Publish the objects of a picture, and keep them as the newest.

        Args:
            result: The objects.
            memory: That they were recognised by.
        """
        self.latest = result
        self._objects.publish(objects_message(result))
        if self._detections is not None:
            self._detections.publish(result, memory.encoder.encoder_id, str(memory.path or ""))

    def near(self, stamp: float) -> tuple[Any, ...]:
        """The newest objects, where they are those of a frame or of one shortly before it.

        Args:
            stamp: Of the frame, in seconds; of its arrival where it has none.
        """
        latest = self.latest
        return latest.objects if latest is not None and 0 <= stamp - latest.stamp <= FRESH_S else ()

    def count(self, checked: CheckedRegions) -> None:
        """Count what was wrong with boxes, and tell each kind once."""
        for fault, count in checked.faults.items():
            self._count(fault.value, count, _left_out(fault, count))

    @property
    def faults(self) -> dict[str, int]:
        """Counts of faults in boxes, by kind, since the start."""
        with self._lock:
            return dict(self._faults)

    @property
    def _wanted(self) -> bool:
        return self._listens and self._node.settings.regions == TOPIC

    @property
    def _limit(self) -> int:
        return int(self._node.settings.region_slop * 1e9)

    def _receive(self, message: Any, given: Iterable[Numbers]) -> None:
        if self._wanted:
            self._give(self._pairs.add_boxes(_nanoseconds(message.header), given, self._limit))

    def _give(self, pairs: list[tuple[Any, Iterable[Numbers]]]) -> None:
        for arrival, given in pairs:
            self._hand_over(Boxed(arrival, given))
        missed, self._pairs.missed = self._pairs.missed, 0
        if missed:
            told = (
                "Boxes were left out: no picture has their stamp, or one within the parameter region_slop "
                f"({self._limit / 1e9:g} s)."
            )
            self._count(NO_PICTURE, missed, told)

    def _count(self, kind: str, count: int, told: str) -> None:
        with self._lock:
            first = kind not in self._faults
            self._faults[kind] += count
        if first:
            self._node.get_logger().warning(f"{told} Others like it are counted in /diagnostics.")


def _left_out(fault: RegionFault, count: int) -> str:
    boxes = "1 box" if count == 1 else f"{count} boxes"
    fate = "a fault" if fault is RegionFault.NO_SCORE else "to be left out"
    return f"{boxes} had {fate} ({fault.value}): {fault.words}."


def _nanoseconds(header: Header) -> int:
    return int(header.stamp.sec) * 10**9 + int(header.stamp.nanosec)


def _size(arrival: Any) -> int:
    return len(arrival.message.data)
