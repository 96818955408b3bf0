# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""From Image message to published Recognition, stage by stage, in a real node."""

from __future__ import annotations

import os
import threading
from typing import Any

import numpy as np

from tools.bench.published import wrap_publishing
from tools.bench.random_clip import clip
from tools.bench.row import BenchRow
from tools.bench.stopwatch import Stopwatch
from tools.private_domain import private_domain
from vfrt_ros.bench.isolated import isolated
from vfrt_ros.bench.materials import EXAMPLES, LABELS, frames, recogniser
from vfrt_ros.bench.spread import spread

FORWARD = "forward pass"
TARGET = 0.15
NAME = "all but CLIP's forward pass, Image message to Recognition"


def measure(quick: bool) -> list[BenchRow]:
    """The row, with a table for CLIP and, in full mode, for the other encoders."""
    tables = {"clip": isolated(profile, backbone=clip()[0], count=40 if quick else 150)}
    if not quick:
        tables |= {name: isolated(profile, backbone=name, count=300) for name in ("embedded", "fake")}
    own = tables["clip"]
    share = own["rest ms"] / own["stages"][FORWARD]["ms"]
    figure = f"{share:.1%} ({own['rest ms']:.2f} ms of {own['total ms']:.1f} ms; {_largest(own)})"
    return [
        BenchRow(
            NAME,
            f"< {TARGET:.0%} of the forward pass, {EXAMPLES:,} examples, {LABELS} labels",
            figure,
            share < TARGET,
            {"forward pass to all else": 1 / max(share, 1e-6)},
            {"stages": tables},
        )
    ]


def profile(backbone: str, count: int, examples: int = EXAMPLES, labels: int = LABELS) -> dict[str, Any]:
    """Send frames one by one to a node in this process and time what they pass through.

    Returns:
        `total ms` and `rest ms` (all but the forward pass), medians, and `stages`: by name the median `ms`
        and its `share` of the total, the longest first.
    """
    os.environ["ROS_DOMAIN_ID"] = str(private_domain())
    import rclpy
    from rclpy.executors import SingleThreadedExecutor

    made = recogniser(backbone, examples=examples, labels=labels)
    rclpy.init()
    watch, executor = Stopwatch(), SingleThreadedExecutor()
    node = _node(made)
    _wrap(watch, executor, node, made)
    try:
        _drive(watch, executor, node, count)
    finally:
        executor.shutdown(2.0)
        node.end()
        node.destroy_node()
        rclpy.try_shutdown()
    return _table(watch)


def _node(made: Any) -> Any:
    from vfrt_ros.nodes.recognition_node import RecognitionNode

    node = RecognitionNode([], lambda settings: made)
    node.start()
    return node


def _wrap(watch: Stopwatch, executor: Any, node: Any, made: Any) -> None:
    from vfrt_ros.core import past
    from vfrt_ros.core import recogniser as core
    from vfrt_ros.core.encoders.clip.preprocess import HfPreprocess
    from vfrt_ros.core.encoders.embedded import encoder as embedded
    from vfrt_ros.core.encoders.runtimes.openvino import OpenvinoRuntime
    from vfrt_ros.core.encoders.runtimes.torch import TorchRuntime
    from vfrt_ros.core.frames.image_reader import ImageReader
    from vfrt_ros.core.frames.recent_frames import RecentFrames
    from vfrt_ros.core.scoring.calibrated import CalibratedRule
    from vfrt_ros.core.smoothing import Smoother
    from vfrt_ros.nodes import camera_channel, names

    # rclpy's own, which offers nothing that runs before a message is taken.
    take = watch.timed(executor._take_subscription, "take and deserialise")

    def begin(subscription: Any) -> Any:
        if subscription.topic_name.endswith("/image"):
            watch.start()
        return take(subscription)

    executor._take_subscription = begin
    for owner, name, stage in (
        (ImageReader, "read", "message to frame"),
        (made, "observe_all", "check, BGR to RGB"),
        (HfPreprocess, "square", "preprocess"),
        (embedded, "resize_square", "preprocess"),
        (OpenvinoRuntime, "run", FORWARD),
        (TorchRuntime, "run", FORWARD),
        (made.encoders.backbone, "encode_images", "embedding of the output"),
        (core, "look", "small picture and its quality"),
        (RecentFrames, "add", "cut to another scene?"),
        (CalibratedRule, "evidence", "score: evidence"),
        (CalibratedRule, "conclude", "score: conclusion"),
        (Smoother, "smooth", "smooth"),
        (past, "favour", "smooth"),
        (past, "decide", "decide"),
        (made, "decide", "decide"),
        (camera_channel, "recognition_message", "make the message"),
    ):
        watch.wrap(owner, name, stage)

    def finish(publish: Any) -> Any:
        timed = watch.timed(publish, "publish")

        def finished(publisher: Any, message: Any) -> None:
            timed(publisher, message)
            watch.stop()

        return finished

    wrap_publishing(node.resolve_topic_name(names.RECOGNITION), finish)


def _drive(watch: Stopwatch, executor: Any, node: Any, count: int) -> None:
    """Publish a frame, wait until it is answered, and so on; the first ones are not counted."""
    import rclpy
    from sensor_msgs.msg import Image
    from std_msgs.msg import Header

    from vfrt_ros.nodes import names, qos
    from vfrt_ros.nodes.conversions import image_from_frame

    camera = rclpy.create_node("bench_camera")
    publisher = camera.create_publisher(Image, names.IMAGE, qos.camera_image())
    executor.add_node(node)
    threading.Thread(target=executor.spin, daemon=True).start()
    pictures, rest = frames(), threading.Event()
    warm_up = 5
    for number in range(count + warm_up):
        message = image_from_frame(pictures[number % len(pictures)], Header())
        message.header.stamp = camera.get_clock().now().to_msg()
        for _ in range(100):
            publisher.publish(message)
            if _answered(watch, number, rest):
                break
    camera.destroy_node()
    del watch.frames[:warm_up], watch.totals[:warm_up]


def _answered(watch: Stopwatch, before: int, rest: threading.Event) -> bool:
    """Whether an answer comes within two seconds; a best-effort message may be lost."""
    for _ in range(2000):
        if len(watch.totals) > before:
            return True
        rest.wait(0.001)
    return False


def _table(watch: Stopwatch) -> dict[str, Any]:
    names = sorted({name for frame in watch.frames for name in frame})
    total = np.array(watch.totals)
    columns = {name: np.array([frame.get(name, 0.0) for frame in watch.frames]) for name in names}
    columns["hand over and the rest"] = total - sum(columns.values())
    forward = columns.get(FORWARD, np.zeros_like(total))
    ordered = sorted(columns, key=lambda name: -float(np.median(columns[name])))
    return {
        "frames": len(total),
        "total ms": round(1e3 * spread(total).median, 3),
        "rest ms": round(1e3 * spread(total - forward).median, 3),
        "stages": {
            name: {
                "ms": round(1e3 * spread(columns[name]).median, 3),
                "share": round(float(np.median(columns[name]) / np.median(total)), 4),
            }
            for name in ordered
        },
    }


def _largest(table: dict[str, Any], count: int = 3) -> str:
    rest = [(name, entry["ms"]) for name, entry in table["stages"].items() if name != FORWARD]
    return ", ".join(f"{name} {ms:.2f}" for name, ms in rest[:count])
