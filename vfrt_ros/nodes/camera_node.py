# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The node `/camera`: publishes the frames of a source.

Threads: the grabber's own threads read the source and stamp each frame the moment it is there (see
`core.sources.grabber`). The publishing thread, which lives while the node is active, takes the newest frame
and publishes it; so neither a slow subscriber nor the JPEG encoder holds up the reading, they only make it
skip frames. It alone writes `_published`. The executor's thread does the lifecycle transitions and answers
`set_camera_info`. `_grabber` and
`_publishing` are written by that one alone.
"""

from __future__ import annotations

if __name__ == "__main__":
    from vfrt_ros.middleware import exit_without_middleware
    from vfrt_ros.nodes.stop_signals import end_at_once

    end_at_once()
    exit_without_middleware()

import os
import sys
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from vfrt_ros.core.config.settings import CameraSettings
from vfrt_ros.core.sources.grabber import Grabbed, Grabber
from vfrt_ros.core.sources.health import Health
from vfrt_ros.core.sources.notice import Event, Notice
from vfrt_ros.core.sources.open_source import SLOW, camera_search, open_source, source_kind, source_name
from vfrt_ros.core.sources.source import Source
from vfrt_ros.core.sources.turn import Turn
from vfrt_ros.core.types.errors import SourceError, UnusableSourceError
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.calibration import CameraCalibration
from vfrt_ros.nodes.camera_diagnostics import CameraDiagnostics
from vfrt_ros.nodes.conversions import compressed_from_frame, image_from_frame
from vfrt_ros.nodes.lifecycle import run
from vfrt_ros.nodes.qos_mismatch import publisher_events
from vfrt_ros.nodes.self_starting_node import SelfStartingNode
from vfrt_ros.nodes.transport import make_room_for_images, room_is_short, shared_memory

_POLL_S = 0.5


class CameraNode(SelfStartingNode):
    """Configured it holds the open source; active it publishes.

    Args:
        arguments: The command line; None = `sys.argv`.

    Raises:
        SettingError: A parameter has an unknown name or a wrong value.
    """

    def __init__(self, arguments: Sequence[str] | None = None) -> None:
        super().__init__(names.CAMERA_NODE, CameraSettings, arguments)
        self._grabber: Grabber | None = None
        self._publishing: threading.Thread | None = None
        self._opened: Source | None = None
        self._turn = Turn(self.settings.rotate, self.settings.flip)
        self._calibration = CameraCalibration(self, self.settings)
        self._told: set[str] = set()
        self._had_camera = False
        self._shown_source = ""
        self._outputs: dict[str, Any] = {}
        self._published = 0
        self._diagnostics = CameraDiagnostics(self, self.faults, self._health, lambda: self._published)

    def configure(self) -> None:
        """Check the source, open it where that is quick, and read the calibration; undone by `cleanup`.

        A source that may come later is waited for once the node is active; one that is wrong stops the start.
        """
        if short := room_is_short(self.settings.size, shared_memory()):
            self.get_logger().warning(short)
        self._calibration.load()
        self._told.clear()
        self._shown_source = ""
        self._had_camera = False
        self._source_name = source_name(self.settings.source)
        self._asked = self.settings.replace(size=self._turn.size_before(self.settings.size))
        self._search = camera_search(self._asked, self._warn_once)
        if source_kind(self.settings.source) not in SLOW:
            self._opened = self._open_now()
        kind = qos.camera_image(self.settings.reliability)
        self._outputs = {
            name: self.create_lifecycle_publisher(
                message,
                name,
                kind,
                qos_overriding_options=qos.overridable(),
                event_callbacks=publisher_events(self, name, "start this node with -p reliability:=reliable"),
            )
            for name, message in (
                (names.IMAGE_RAW, Image),
                (names.compressed(self, names.IMAGE_RAW), CompressedImage),
                (names.CAMERA_INFO, CameraInfo),
            )
        }

    def activate(self) -> None:
        """Begin to read and to publish; undone by `deactivate`."""
        first, self._opened = self._opened, None
        self._grabber = Grabber(
            self._open,
            size=self.settings.size,
            fps=self.settings.fps,
            report=self._report,
            opened=self._note_opened,
            turn=self._turn.apply,
            stamp=lambda: self.get_clock().now().to_msg(),
            first=first,
            name=self._source_name,
            on_bug=partial(self.faults.report, "the source"),
        )
        self._publishing = threading.Thread(
            target=self._publish_frames, args=(self._grabber,), name="vfrt-publishing", daemon=True
        )
        self._grabber.start()
        self._publishing.start()

    def deactivate(self) -> None:
        """Stop publishing and close the source."""
        grabber, self._grabber = self._grabber, None
        publishing, self._publishing = self._publishing, None
        if grabber is not None:
            grabber.stop()
        if publishing is not None:
            publishing.join(2.0)

    def cleanup(self) -> None:
        """Close what `configure` opened."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()
        outputs, self._outputs = self._outputs, {}
        for publisher in outputs.values():
            self.destroy_lifecycle_publisher(publisher)

    def _open(self) -> Source:
        """Open the source; in the grabber's thread."""
        return open_source(
            self._asked, warn=self._warn_once, search=self._search, may_be_demo=not self._had_camera
        )

    def _open_now(self) -> Source | None:
        """The open source, or None where it is waited for."""
        try:
            return self._open()
        except UnusableSourceError:
            raise
        except SourceError:
            return None  # the grabber tries it again, and tells

    def _note_opened(self, source: Source) -> None:
        """Tell which source is read from now on, where it is another one than before; in the attempt's thread."""
        self._had_camera = self._had_camera or source.live
        if self._shown_source == source.name:
            return
        self._shown_source = source.name
        auto = "auto: " if self.settings.source.strip() == "auto" else ""
        width, height = self.settings.size
        turned = f", {self._turn}" if self._turn != Turn() else ""
        text = f"Source: {auto}{source.name}, {width}x{height}, {self.settings.fps:g} fps{turned}"
        if source.stands_in:
            text += ". A camera is taken as soon as one is there."
        self.get_logger().info(text)

    def _warn_once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self.get_logger().warning(text)

    def _report(self, notice: Notice) -> None:
        log = self.get_logger()
        if notice.event in (Event.LOST, Event.FROZEN, Event.BLACK):
            log.warning(notice.text)
        else:
            log.info(notice.text)

    def _health(self) -> Health | None:
        return self._grabber.health if self._grabber is not None else None

    def _publish_frames(self, grabber: Grabber) -> None:
        """The publishing thread: the newest frame, again and again, until the grabber stops or ends."""
        after = 0
        while grabber is self._grabber:
            grabbed = grabber.wait(after, timeout=_POLL_S)
            if grabbed is not None:
                after = grabbed.sequence
                self._try_to_publish(grabbed)
            elif grabber.ended:
                return

    def _try_to_publish(self, grabbed: Grabbed) -> None:
        try:
            self._publish(grabbed)
        except Exception as error:  # a bug, which the next frame may not meet
            self.faults.report("publishing", error)

    def _publish(self, grabbed: Grabbed) -> None:
        frame_id = names.DEMO_FRAME if grabbed.stands_in else self.settings.frame_id
        header = Header(stamp=grabbed.stamp, frame_id=frame_id)
        raw, compressed, info = self._outputs.values()
        info.publish(self._calibration.stamped(header))
        raw.publish(image_from_frame(grabbed.image, header))
        self._published += 1
        if compressed.get_subscription_count() > 0:
            compressed.publish(compressed_from_frame(grabbed.image, header))


def main(args: Sequence[str] | None = None) -> int:
    """Run the camera node; the exit status is 0, or 1 after one line that says what was wrong."""
    make_room_for_images(os.environ, sys.argv if args is None else args)
    return run(CameraNode, args)


if __name__ == "__main__":
    sys.exit(main())
