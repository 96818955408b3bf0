# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The camera of a browser as a source of frames, in the place of the camera node.

Two sources never mix: frames are published only while the camera node is not active. It is deactivated when a
browser's frames begin, and activated again when they end.

Threads: `put` and `end` may be called from any thread and only note what came, under one lock. A worker of its own
converts and publishes the newest frame. The link's thread looks after the camera node, and writes `_publisher`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from vfrt_ros.client.errors import ClientError
from vfrt_ros.client.ros_client import RosClient
from vfrt_ros.core.worker.frame_worker import NewestWorker
from vfrt_ros.nodes import qos
from vfrt_ros.nodes.conversions import Frame, compressed_from_frame, image_from_frame
from vfrt_ros.panel.node_watch import NodeState, NodeWatch

FRAME_ID = "browser"
SILENCE_SECONDS = 5.0
"""Without a frame for so long a browser's camera counts as ended: a laptop that was closed says nothing."""
LOOK_SECONDS = 0.2
GIVE_BACK_SECONDS = 5.0
_ACTIVE = {NodeState.ACTIVE, NodeState.SILENT}

_log = logging.getLogger(__name__)


class Standing(Enum):
    """How a browser's camera stands; the values are for people."""

    FREE = "No browser's camera is in use."
    WAITING = "The camera node is being stopped, so that two cameras do not mix."
    SHOWN = "This camera is what the robot sees now."
    OTHER = "Another browser's camera is in use: end that one first."
    BLOCKED = (
        "The camera node is running again: it is the source until you stop it, or start your camera anew."
    )


@dataclass(frozen=True, slots=True)
class _Picture:
    """A frame that came; `pixels` makes (H, W, 3) uint8 BGR of it, which costs something."""

    pixels: Callable[[], Frame]
    stamp: Any


class BrowserSource:
    """Publishes what one browser's camera sees where the recognition node listens.

    Args:
        link: To ROS.
        recognition: Full name of the recognition node.
        topic: Where it listens while it cannot be asked.
        camera: The camera node, which makes room meanwhile.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        link: RosClient,
        recognition: str,
        topic: str,
        camera: NodeWatch,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = link
        self._recognition = recognition
        self._usual = topic
        self._camera = camera
        self._now = now
        self._lock = threading.Lock()
        self._owner = ""
        self._heard = 0.0
        self._asked_camera = self._stopped_camera = False
        self._publisher: Any = None
        self._place: tuple[type, str] | None = None
        self._worker: NewestWorker[_Picture] | None = None

    def start(self) -> None:
        """Begin to look after the camera node."""
        self._worker = NewestWorker(self._publish, self._report, name="browser's camera")
        self._link.every(LOOK_SECONDS, self.look)

    def close(self) -> None:
        """Give the camera node its place back, and wait for that a little."""
        with self._lock:
            self._owner = ""
        if self._worker is not None:
            self._worker.stop()
        deadline = time.monotonic() + GIVE_BACK_SECONDS
        pause = threading.Event()
        while (self._stopped_camera or self._camera.doing) and time.monotonic() < deadline:
            pause.wait(LOOK_SECONDS / 4)

    def put(self, session: str, pixels: Callable[[], Frame]) -> None:
        """A frame of a browser's camera; the first browser that sends one is in use until it ends.

        Args:
            session: Whose.
            pixels: Makes (H, W, 3) uint8 BGR; called in another thread, and only for the newest frame.
        """
        with self._lock:
            now = self._now()
            if self._owner != session and self._owner and now - self._heard < SILENCE_SECONDS:
                return
            self._owner, self._heard = session, now
            may = self._may_publish()
        if may and self._worker is not None:
            self._worker.put(_Picture(pixels, self._link.stamp()))

    def end(self, session: str) -> None:
        """A browser's camera was stopped, or its page closed."""
        with self._lock:
            if self._owner == session:
                self._owner = ""

    def standing(self, session: str) -> Standing:
        """How the camera of a session stands."""
        with self._lock:
            owner = self._owner if self._now() - self._heard < SILENCE_SECONDS else ""
            if owner != session:
                return Standing.OTHER if owner else Standing.FREE
            if self._may_publish():
                return Standing.SHOWN
            return Standing.BLOCKED if self._stopped_camera and not self._camera.doing else Standing.WAITING

    def look(self) -> None:
        """Bring the camera node and the publisher to what is wanted; in the link's thread."""
        with self._lock:
            wanted = bool(self._owner) and self._now() - self._heard < SILENCE_SECONDS
            if not wanted:
                self._owner = ""
        if wanted:
            self._advertise()
            if not self._asked_camera and not self._camera.doing:
                self._asked_camera = True
                if self._camera.state is NodeState.ACTIVE:
                    self._stopped_camera = True
                    self._camera.turn(False)
            return
        self._withdraw()
        self._asked_camera = False
        if self._stopped_camera and not self._camera.doing:
            if self._camera.state is NodeState.INACTIVE:
                self._camera.turn(True)
            self._stopped_camera = False

    def _may_publish(self) -> bool:
        return (
            self._place is not None
            and self._asked_camera
            and not self._camera.doing
            and self._camera.state not in _ACTIVE
        )

    def _advertise(self) -> None:
        """Publish where the node listens now, raw or compressed."""
        place = self._listens()
        if place == self._place:
            return
        self._withdraw()
        self._publisher = self._link.advertise(*place, qos.camera_image())
        self._place = place

    def _listens(self) -> tuple[type, str]:
        for kind in (Image, CompressedImage):
            if topic := self._link.listens_to(self._recognition, kind):
                return kind, topic
        # While it is not active it does not listen, but will again.
        return self._place or (Image, self._usual)

    def _withdraw(self) -> None:
        if self._publisher is not None:
            publisher, self._publisher, self._place = self._publisher, None, None
            self._link.withdraw(publisher)

    def _publish(self, picture: _Picture) -> None:
        """Convert and publish the newest frame, in the worker's thread."""
        place = self._place
        if place is None:
            return
        convert = image_from_frame if place[0] is Image else compressed_from_frame
        message = convert(picture.pixels(), Header(stamp=picture.stamp, frame_id=FRAME_ID))

        def send() -> None:
            # Once more, and in the thread that may change it: the camera node may have come back meanwhile.
            if self._place == place and self._may_publish():
                self._publisher.publish(message)

        self._link.do(send)

    def _report(self, error: BaseException) -> None:
        if not isinstance(error, ClientError):
            _log.error("A frame of a browser's camera could not be published.", exc_info=error)
