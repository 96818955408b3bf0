# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes and objects as vision_msgs has them, where that is installed."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy")
pytest.importorskip(
    "vision_msgs.msg", reason="vision_msgs is not installed: apt install ros-$ROS_DISTRO-vision-msgs"
)

from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.inbox import Inbox
from nodes.test_objects import BLUE, GREEN, RED, Desk, scene
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose, VisionInfo

from vfrt_ros.core.types.region import Box, check_regions
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.detections import given_regions

pytestmark = pytest.mark.ros


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    monkeypatch.setenv("VFRT_REGIONS", "topic")


def detection(box: Box, name: str = "", score: float = 0.8, theta: float = 0.0) -> Detection2D:
    found = Detection2D(id=name)
    found.bbox.center.position.x, found.bbox.center.position.y = box.centre
    found.bbox.center.theta = theta
    found.bbox.size_x, found.bbox.size_y = float(box.width), float(box.height)
    hypothesis = ObjectHypothesisWithPose()
    hypothesis.hypothesis.class_id, hypothesis.hypothesis.score = "thing", score
    found.results.append(hypothesis)
    return found


def test_detections_come_back_with_labels(ros: Ros) -> None:
    desk = Desk(ros)
    tester = desk.bench.tester
    answers = Inbox(tester, Detection2DArray, names.OBJECT_DETECTIONS, qos.recognition())
    infos = Inbox(tester, VisionInfo, names.VISION_INFO, qos.memory_info())
    detector = tester.create_publisher(Detection2DArray, names.DETECTIONS, 10)
    wait_for(detector.get_subscription_count, "the node to listen for detections")
    header = desk.bench.show(scene()).header
    boxes = [detection(box, name) for box, name in ((RED, "7"), (BLUE, "pen 1"), (GREEN, ""))]
    again = 0.0

    def found() -> list[Detection2DArray]:
        nonlocal again
        if time.monotonic() > again:
            detector.publish(Detection2DArray(header=header, detections=boxes))
            again = time.monotonic() + 2.0
        return [each for each in answers.messages if each.header == header]

    wait_for(found, "detections")
    first, second, third = found()[0].detections
    assert [each.results[0].hypothesis.class_id for each in (first, second)] == ["cup", "pen"]
    assert (first.id, first.bbox.center.position.x, first.bbox.size_y) == ("7", RED.centre[0], RED.height)
    assert int(second.id) > 0 < int(third.id)
    wait_for(lambda: infos.messages, "vision_info")
    assert infos.messages[-1].method == "fake"
    assert infos.messages[-1].database_location.endswith("memory.db")
    assert infos.messages[-1].database_version == desk.objects[-1].memory_version


def test_a_turned_box_is_the_upright_one_around_it() -> None:
    message = Detection2DArray(detections=[detection(Box(100, 100, 80, 20), theta=math.pi / 2)])
    (region,) = check_regions(given_regions(message), 640, 480, 20).regions
    assert region.box.overlap(Box(130, 70, 20, 80)) > 0.85


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_left_out(bad: float) -> None:
    wrong = detection(RED)
    wrong.bbox.center.position.x = bad
    turned = detection(RED, theta=bad)
    unsure = detection(RED, score=bad)
    checked = check_regions(given_regions(Detection2DArray(detections=[wrong, turned, unsure])), 640, 480, 20)
    assert [region.box for region in checked.regions] == [RED, RED]
