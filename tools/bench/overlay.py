# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Whether a Recognition waits for the overlay: one that takes very long shows it."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import numpy as np

from tools.bench.published import wrap_publishing
from tools.bench.row import BenchRow
from tools.private_domain import private_domain
from vfrt_ros.bench.isolated import isolated
from vfrt_ros.bench.materials import frames

PAINTING = 0.4
"""Seconds that the overlay is made to take."""
ENCODING = 0.05
"""Seconds that the fake encoder takes, at rest, so that nothing but waiting can slow it down."""


def measure(quick: bool) -> list[BenchRow]:
    """The row."""
    found = isolated(watch, seconds=2.0 if quick else 15.0)
    slow, plain = found["longest gap with overlay ms"], found["longest gap ms"]
    reached = slow < 1e3 * PAINTING and found["painted"] > 0
    return [
        BenchRow(
            "a Recognition waits for drawing and compressing",
            "never",
            f"drawing made to take {1e3 * PAINTING:.0f} ms: {found['rate with overlay']:.1f} answers a second "
            f"instead of {found['rate']:.1f}, longest gap {slow:.0f} ms (without overlay {plain:.0f} ms)",
            reached,
            {"rate with overlay": found["rate with overlay"] / found["rate"]},
            found,
        )
    ]


def watch(seconds: float, painting: float = PAINTING, encoding: float = ENCODING) -> dict[str, float]:
    """Run a node with a fake encoder, first unwatched, then with its overlay subscribed to."""
    os.environ["ROS_DOMAIN_ID"] = str(private_domain())
    import rclpy
    from rclpy.executors import SingleThreadedExecutor

    from vfrt_ros.nodes import camera_channel, names
    from vfrt_ros.nodes.recognition_node import RecognitionNode

    rclpy.init()
    draw, painted = camera_channel.draw_overlay, 0

    def draw_slowly(*args: Any) -> Any:
        nonlocal painted
        painted += 1
        time.sleep(painting)
        return draw(*args)

    setattr(camera_channel, "draw_overlay", draw_slowly)  # noqa: B010 (mypy knows its type too well)
    executor = SingleThreadedExecutor()
    node = RecognitionNode([], lambda settings: _recogniser(settings, encoding))
    published: list[float] = []

    def note(publish: Any) -> Any:
        def noted(publisher: Any, message: Any) -> None:
            publish(publisher, message)
            published.append(time.monotonic())

        return noted

    wrap_publishing(node.resolve_topic_name(names.RECOGNITION), note)
    node.start()
    camera = _Camera(executor, node, fps=1.5 / encoding)
    try:
        plain = _gaps(published, seconds)
        camera.watch_overlay()
        watched = _gaps(published, seconds)
    finally:
        executor.shutdown(2.0)
        node.end()
        for entry in (node, camera.node):
            entry.destroy_node()
        rclpy.try_shutdown()
    return {
        "rate": 1 / float(np.median(plain)),
        "longest gap ms": 1e3 * float(plain.max()),
        "rate with overlay": 1 / float(np.median(watched)),
        "longest gap with overlay ms": 1e3 * float(watched.max()),
        "painted": float(painted),
    }


class _Camera:
    """Publishes frames and, when asked, looks at the overlay."""

    def __init__(self, executor: Any, node: Any, fps: float) -> None:
        import rclpy
        from sensor_msgs.msg import Image
        from std_msgs.msg import Header

        from vfrt_ros.nodes import names, qos
        from vfrt_ros.nodes.conversions import image_from_frame

        self.node = rclpy.create_node("bench_camera")
        publisher = self.node.create_publisher(Image, names.IMAGE, qos.camera_image())
        message = image_from_frame(frames(1)[0], Header())

        def send() -> None:
            message.header.stamp = self.node.get_clock().now().to_msg()
            publisher.publish(message)

        self.node.create_timer(1 / fps, send)
        for entry in (node, self.node):
            executor.add_node(entry)
        threading.Thread(target=executor.spin, daemon=True).start()

    def watch_overlay(self) -> None:
        """Subscribe to the overlay and to its compressed form."""
        from sensor_msgs.msg import CompressedImage, Image

        from vfrt_ros.nodes import names, qos

        for message, topic in (
            (Image, names.OVERLAY),
            (CompressedImage, f"{names.OVERLAY}/{names.COMPRESSED}"),
        ):
            self.node.create_subscription(message, topic, lambda message: None, qos.overlay())


def _recogniser(settings: Any, encoding: float) -> Any:
    from vfrt_ros.core.encoders import Encoders
    from vfrt_ros.core.encoders.fake import FakeBackbone, FakeText
    from vfrt_ros.core.recogniser import Recogniser

    encoders = Encoders(FakeBackbone(delay=encoding), FakeText(), "cpu", "fake")
    wanted = settings.replace(memory_path=":memory:", init_labels=("red", "green"))
    return Recogniser(wanted, encoders=encoders)


def _gaps(published: list[float], seconds: float) -> np.ndarray:
    time.sleep(1.0)
    published.clear()
    time.sleep(seconds)
    return np.diff(list(published))
