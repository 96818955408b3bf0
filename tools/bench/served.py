# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The recognition node in a process of its own, with a full memory, and a camera's end of the wire in this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tools.private_domain import private_domain
from vfrt_ros.bench.isolated import BenchError
from vfrt_ros.bench.materials import frames, recogniser
from vfrt_ros.core.types.region import Box

SETTLING = 180.0
"""Seconds that a node may take to give its first answer; a first start compiles."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One Recognition as it came in.

    Attributes:
        at: Seconds of the system's clock at its arrival.
        stamp: Of the frame that it describes, likewise.
        latency: Stamp to publication in seconds, as the node says.
        dropped: Frames of its camera replaced by newer ones since the node's start.
        camera: Its name; empty = the only one.
    """

    at: float
    stamp: float
    latency: float
    dropped: int
    camera: str = ""

    @property
    def published(self) -> float:
        """Seconds of the system's clock at its publication."""
        return self.stamp + self.latency


def serve(
    backbone: str, examples: int, labels: int, cameras: Sequence[str] = (), regions: str = "off"
) -> None:
    """Run the node until it is interrupted; the body of the process."""
    os.environ |= {"VFRT_CAMERAS": ",".join(cameras), "VFRT_REGIONS": regions}
    from vfrt_ros.nodes.lifecycle import run
    from vfrt_ros.nodes.recognition_node import RecognitionNode

    def create(settings: Any) -> Any:
        return recogniser(backbone, examples=examples, labels=labels, cameras=tuple(cameras), regions=regions)

    run(lambda arguments: RecognitionNode(arguments, create), ["recognition_node"])


class Served:
    """A running node, and frames sent to it at a rate.

    Threads: the timers of the rate and the subscriptions run in the executor's thread; `heard`, `sent`, `boxed` and
    `objects` are written there and read anywhere.

    Attributes:
        heard: The answers.
        sent: Stamps of the frames, in seconds.
        boxed: When the boxes of a frame were sent, by its stamp.
        objects: When the objects of a frame were published, by its stamp.

    Args:
        command: Starts the node.
        log: Gets what it writes.
        cameras: Names of several; none = one without a name.
        boxes: Sent with each frame, as a detector's; none = nothing is.
    """

    def __init__(
        self, command: list[str], log: Path, cameras: Sequence[str] = (), boxes: Sequence[Box] = ()
    ) -> None:
        self.cameras = tuple(cameras) or ("",)
        self.boxed: dict[float, float] = {}
        self.objects: dict[float, float] = {}
        self.heard: list[Heard] = []
        self.sent: list[float] = []
        self._log = log
        os.environ["ROS_DOMAIN_ID"] = str(private_domain())
        with log.open("w") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        self._open(boxes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown(2.0)
        self._node.destroy_node()
        self._rclpy.try_shutdown()
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def start_camera(self, fps: float, cameras: Sequence[str] = ()) -> None:
        """Send frames from now on.

        Args:
            fps: Of each camera.
            cameras: Which send; none = all.
        """
        self._timers = [
            self._node.create_timer(1 / fps, partial(self._send, camera))
            for camera in cameras or self.cameras
        ]
        self._executor.wake()

    def stop_camera(self) -> None:
        """Send no more."""
        for timer in self._timers:
            self._node.destroy_timer(timer)

    def first_answer(self, timeout: float = SETTLING) -> Heard:
        """Wait for it.

        Raises:
            BenchError: The node has ended, or gives none in time.
        """
        deadline = time.monotonic() + timeout
        rest = threading.Event()
        while not self.heard:
            if self.process.poll() is not None or time.monotonic() > deadline:
                lines = self._log.read_text(errors="replace").strip().splitlines()
                raise BenchError(f"the node gave no answer: {lines[-1] if lines else 'it said nothing'}")
            rest.wait(0.005)
        return self.heard[0]

    def resident(self) -> float:
        """Megabytes of memory that the node's process holds."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def libraries(self) -> set[str]:
        """Names of the shared libraries that the node's process has loaded."""
        lines = Path(f"/proc/{self.process.pid}/maps").read_text().splitlines()
        return {Path(line.split(maxsplit=5)[5]).name for line in lines if line.count("/")}

    def _open(self, boxes: Sequence[Box]) -> None:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from sensor_msgs.msg import Image
        from std_msgs.msg import Header

        from vfrt_msgs.msg import RecognisedObjects, Recognition, Region, Regions
        from vfrt_ros.nodes import names, qos
        from vfrt_ros.nodes.conversions import image_from_frame
        from vfrt_ros.nodes.transport import make_room_for_images

        make_room_for_images(os.environ)
        rclpy.init()
        self._rclpy = rclpy
        self._node = rclpy.create_node("bench_camera")
        self._images, self._detectors = {}, {}
        for camera in self.cameras:
            image, answers = (names.of_camera(camera, name) for name in (names.IMAGE, names.RECOGNITION))
            self._images[camera] = self._node.create_publisher(Image, image, qos.camera_image())
            self._node.create_subscription(Recognition, answers, self._hear, qos.recognition())
            if boxes:
                regions, objects = (names.of_camera(camera, name) for name in (names.REGIONS, names.OBJECTS))
                self._detectors[camera] = self._node.create_publisher(Regions, regions, qos.recognition())
                self._node.create_subscription(
                    RecognisedObjects, objects, self._hear_objects, qos.recognition()
                )
        self._regions = Regions(regions=[Region(box=_roi(box), score=0.9) for box in boxes])
        self._messages = [image_from_frame(frame, Header()) for frame in frames()]
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        threading.Thread(target=self._executor.spin, daemon=True).start()

    def _send(self, camera: str) -> None:
        message = self._messages[len(self.sent) % len(self._messages)]
        message.header.stamp = self._node.get_clock().now().to_msg()
        self.sent.append(_seconds(message.header.stamp))
        self._images[camera].publish(message)
        if camera in self._detectors:
            self._regions.header = message.header
            self.boxed[self.sent[-1]] = time.time()
            self._detectors[camera].publish(self._regions)

    def _hear(self, message: Any) -> None:
        latency = message.latency.sec + message.latency.nanosec / 1e9
        stamp = _seconds(message.header.stamp)
        self.heard.append(Heard(time.time(), stamp, latency, message.dropped, message.camera))

    def _hear_objects(self, message: Any) -> None:
        stamp = _seconds(message.header.stamp)
        self.objects[stamp] = stamp + message.latency.sec + message.latency.nanosec / 1e9


def node_command(
    backbone: str, examples: int, labels: int, cameras: Sequence[str] = (), regions: str = "off"
) -> list[str]:
    """The command line of `serve`."""
    given = f"{backbone!r}, {examples}, {labels}, {list(cameras)!r}, {regions!r}"
    call = f"from tools.bench.served import serve; serve({given})"
    return [sys.executable, "-c", call]


def _roi(box: Box) -> Any:
    from sensor_msgs.msg import RegionOfInterest

    return RegionOfInterest(x_offset=box.x, y_offset=box.y, width=box.width, height=box.height)


def _seconds(stamp: Any) -> float:
    return float(stamp.sec + stamp.nanosec / 1e9)
