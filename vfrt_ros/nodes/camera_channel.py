# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One camera of a recognition node: its topics, its counts and its newest result."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from vfrt_msgs.msg import Recognition
from vfrt_ros.core.frames.image_reader import ImageReader
from vfrt_ros.core.report.overlay import draw_overlay
from vfrt_ros.core.types.errors import FrameError
from vfrt_ros.core.worker.rate_limit import RateLimit
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.conversions import Frame, compressed_from_frame, image_from_frame
from vfrt_ros.nodes.image_subscription import ImageSubscription
from vfrt_ros.nodes.image_topics import explain_silence
from vfrt_ros.nodes.loss_watch import LossWatch
from vfrt_ros.nodes.messages import recognition_message
from vfrt_ros.nodes.object_channel import Boxed, ObjectChannel
from vfrt_ros.nodes.qos_mismatch import publisher
from vfrt_ros.nodes.result import Result
from vfrt_ros.nodes.silence_watch import SilenceWatch
from vfrt_ros.nodes.statistics import NodeStatistics


@dataclass(frozen=True, slots=True, eq=False)
class Arrival:
    """An image message and when it came.

    Attributes:
        channel: Of the camera that it is from.
        message: sensor_msgs/Image or CompressedImage.
        seconds: Of the node's clock.
        monotonic: Seconds of the monotonic clock.
    """

    channel: CameraChannel
    message: Any
    seconds: float
    monotonic: float

    @property
    def stamp(self) -> float:
        """Seconds of the image's stamp; of its arrival where it has none."""
        stamp = self.message.header.stamp
        return float(stamp.sec + stamp.nanosec / 1e9 or self.seconds)


class CameraChannel:
    """Listens to one camera and publishes what is recognised there.

    Threads: the executor's makes it, starts and stops it, and takes its images. The worker reads frames and answers,
    the overlay worker draws. `latest` is written by the worker and read by all, one reference at a time.

    Args:
        node: Whose topics these are.
        camera: Name of the camera, with which the names of its topics begin; empty = the only one.
        hand_over: Takes each image that arrives.
        hand_over_boxes: Takes boxes that somebody found in an image, with that image.
        others: Names of the node's other cameras.
    """

    def __init__(
        self,
        node: Node,
        camera: str,
        hand_over: Callable[[Arrival], None],
        hand_over_boxes: Callable[[Boxed], None],
        others: Sequence[str] = (),
    ) -> None:
        self.camera = camera
        self.statistics = NodeStatistics()
        self.losses = LossWatch(node)
        self.silence = SilenceWatch(self._tell_silence)
        self.rate_limit = RateLimit()
        self.latest: Result | None = None
        self._node = node
        self._hand_over = hand_over
        self._others = others
        self._reader = ImageReader()
        self._subscription: ImageSubscription | None = None
        self._topic = ""
        self._recognitions = publisher(node, Recognition, self.name(names.RECOGNITION), qos.recognition())
        overlay = self.name(names.OVERLAY)
        self._overlays = publisher(node, Image, overlay, qos.overlay())
        small = names.compressed(node, overlay)
        self._small_overlays = publisher(node, CompressedImage, small, qos.overlay())
        self.objects = ObjectChannel(node, self.name, hand_over_boxes)

    def name(self, topic: str) -> str:
        """The camera's own topic of this name."""
        return names.of_camera(self.camera, topic)

    def start(self, *, compressed: bool) -> None:
        """Listen to the image topic.

        Args:
            compressed: To the compressed one beside it.
        """
        note = self._node.get_logger().info
        self._reader = ImageReader(note)
        image = self.name(names.IMAGE)
        topic = names.compressed(self._node, image) if compressed else image
        listen = partial(self.losses.listen, topic, self._receive)
        self._subscription = ImageSubscription(
            self._node, CompressedImage if compressed else Image, topic, listen
        )
        self._topic = self._node.resolve_topic_name(topic)
        self.objects.start()
        self.silence.start(time.monotonic())

    def stop(self) -> None:
        """Stop listening."""
        self.silence.stop()
        self.objects.stop()
        if self._subscription is not None:
            self._subscription.end()
            self._subscription = None

    def read(self, arrival: Arrival, max_megapixels: float) -> Frame | None:
        """The picture of an image message; None where it cannot be used, which is counted and told once.

        Args:
            arrival: Of this camera.
            max_megapixels: Size at most.
        """
        try:
            return self._reader.read(arrival.message, max_megapixels=max_megapixels)
        except FrameError as error:
            if self.statistics.refused(error.kind):
                whose = f" of the camera {self.camera}" if self.camera else ""
                self._node.get_logger().warning(
                    f"A frame{whose} was left out ({error.kind}): {error} Others like it are counted in /diagnostics."
                )
            return None

    def read_again(self, arrival: Arrival, max_megapixels: float) -> Frame | None:
        """As `read`; the picture of the newest answer is at hand."""
        latest = self.latest
        if latest is not None and latest.header is arrival.message.header:
            return latest.frame
        return self.read(arrival, max_megapixels)

    def publish(self, result: Result) -> None:
        """Publish an answer, and keep it as the newest."""
        self._recognitions.publish(recognition_message(result))
        self.latest = result

    @property
    def newest(self) -> Result | None:
        """The newest answer with the objects that were seen then; None before the first."""
        latest = self.latest
        return latest and replace(latest, objects=self.objects.near(latest.stamp))

    @property
    def is_watched(self) -> bool:
        """Whether somebody subscribes to the overlay."""
        return bool(self._overlays.get_subscription_count() or self._small_overlays.get_subscription_count())

    def paint(self, result: Result) -> None:
        """Draw and publish the overlay of a result, in the overlay worker's thread."""
        picture = draw_overlay(result.frame, result.decision, result.pace, result.note, result.objects)
        if self._overlays.get_subscription_count():
            self._overlays.publish(image_from_frame(picture, result.header))
        if self._small_overlays.get_subscription_count():
            self._small_overlays.publish(compressed_from_frame(picture, result.header))

    def why_silent(self) -> str:
        """Why no picture comes, as far as the graph tells, where it was told that none does; else empty."""
        return self._explain_silence() if self.silence.told else ""

    def _explain_silence(self) -> str:
        others = [names.of_camera(camera, names.IMAGE) for camera in self._others]
        heard = [self._node.resolve_topic_name(topic) for topic in others]
        heard += [names.compressed(self._node, topic) for topic in others]
        return explain_silence(self._node, self._topic, self.name(names.IMAGE), heard)

    def _tell_silence(self, seconds: float) -> None:
        whose = f" of the camera {self.camera}" if self.camera else ""
        self._node.get_logger().warning(f"No picture{whose} for {seconds:.0f} s. {self._explain_silence()}")

    def _receive(self, message: Image | CompressedImage) -> None:
        self.statistics.received()
        now = time.monotonic()
        self.silence.arrived(now)
        arrival = Arrival(self, message, self._node.get_clock().now().nanoseconds / 1e9, now)
        self._hand_over(arrival)
        self.objects.arrived(arrival)
