# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures and boxes in, objects out, taught by their tracks: a node of its own over real DDS."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy")

from fixtures.waiting import wait_for
from nodes.conftest import Ros, spinning
from nodes.node_process import NodeProcess
from sensor_msgs.msg import Image, RegionOfInterest
from std_msgs.msg import Header

from tools.private_domain import private_domain
from vfrt_msgs.msg import RecognisedObjects, Recognition, Region, Regions
from vfrt_ros.core.encoders.photographs import photo_folder
from vfrt_ros.core.sources.images import load_image
from vfrt_ros.core.types.region import Box
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.conversions import image_from_frame
from vfrt_ros.nodes.services import SERVICES

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

RECOGNITION = f"/{names.RECOGNITION_NODE}"
THINGS = {"chelsea.png": Box(30, 60, 240, 180), "coffee.png": Box(340, 200, 240, 180)}


def scene(step: int) -> np.ndarray:
    """Two photographs on a table that move a little from step to step."""
    frame = np.full((480, 640, 3), (90, 110, 120), np.uint8)
    frame += np.random.default_rng(step).integers(0, 12, frame.shape, np.uint8)
    for (file, _), box in zip(THINGS.items(), boxes(step), strict=True):
        photo = cv2.resize(
            load_image(photo_folder() / file), (box.width, box.height), interpolation=cv2.INTER_AREA
        )
        frame[box.y : box.bottom, box.x : box.right] = photo
    return frame


def boxes(step: int) -> list[Box]:
    return [Box(box.x + 3 * step, box.y + step, box.width, box.height) for box in THINGS.values()]


class Robot:
    """A camera and a detector in this process, and the node in another one."""

    def __init__(self, ros: Ros, folder: Path) -> None:
        self.ros = ros
        self.node = ros.node("robot")
        self.objects: list[RecognisedObjects] = []
        self.frames: list[Recognition] = []
        self._images = self.node.create_publisher(Image, names.IMAGE, qos.camera_image("reliable"))
        self._detector = self.node.create_publisher(Regions, names.REGIONS, qos.recognition())
        self._step, self._started = 0, int(time.time())
        for kind, topic, inbox in (
            (RecognisedObjects, names.OBJECTS, self.objects),
            (Recognition, names.RECOGNITION, self.frames),
        ):
            self.node.create_subscription(kind, topic, inbox.append, qos.recognition())
        self.process = NodeProcess(
            folder, "recognition_node", "-p", "backbone:=embedded", "-p", "regions:=topic"
        )
        self.process.wait_for_output("Ready in")
        wait_for(
            lambda: self._images.get_subscription_count() and self._detector.get_subscription_count(),
            "the node to listen",
        )

    def look(self) -> RecognisedObjects:
        """The objects of the next picture, whose boxes the detector has found."""
        self._step += 1
        header = Header(frame_id="eye")
        # Ten pictures a second by their stamps, however long a busy machine takes.
        header.stamp.sec, header.stamp.nanosec = self._started + self._step // 10, self._step % 10 * 10**8
        image = image_from_frame(scene(self._step), header)
        regions = [Region(box=_roi(box), score=0.9) for box in boxes(self._step)]
        again = 0.0

        def found() -> list[RecognisedObjects]:
            nonlocal again
            if time.monotonic() > again:
                self._images.publish(image)
                self._detector.publish(Regions(header=header, regions=regions))
                again = time.monotonic() + 2.0
            return [each for each in self.objects if each.header == header]

        wait_for(found, f"objects\n{self.process.output}")
        return found()[0]

    def call(self, name: str, /, **fields: Any) -> Any:
        return self.ros.call(self.node, RECOGNITION, SERVICES[name][0], name, **fields)


def _roi(box: Box) -> RegionOfInterest:
    return RegionOfInterest(x_offset=box.x, y_offset=box.y, width=box.width, height=box.height)


@pytest.fixture
def robot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Robot]:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(private_domain()))
    with spinning() as ros:
        made = Robot(ros, tmp_path)
        try:
            yield made
        finally:
            made.process.kill()


def labels(message: RecognisedObjects) -> list[str]:
    return [each.label for each in message.objects]


def test_objects_are_followed_taught_by_their_tracks_and_forgotten_by_undo(robot: Robot) -> None:
    looks = [robot.look() for _ in range(4)]
    assert labels(looks[-1]) == ["unknown", "unknown"]
    tracks = [[each.track for each in look.objects] for look in looks]
    assert tracks == [tracks[0]] * 4
    assert len(set(tracks[0])) == 2

    for label, track in zip(("cat", "coffee"), tracks[0], strict=True):
        taught = robot.call("register", label=label, track=track)
        assert taught.code == 0, taught.message
    after = robot.look()
    assert labels(after) == ["cat", "coffee"]
    assert [each.track for each in after.objects] == tracks[0]
    assert after.memory_version == taught.memory_version

    assert robot.call("undo").code == 0
    undone = robot.look()
    assert undone.objects[0].label == "cat"
    assert undone.objects[1].label != "coffee"
    assert "coffee" not in [candidate.label for candidate in undone.objects[1].candidates]

    wait_for(lambda: robot.frames, "the whole frame's answers beside them")
