# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes in, objects out: the topics of a node with the fake encoder, and what goes wrong on them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")

from fixtures.pictures import picture
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.recognition_bench import RecognitionBench
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header

from vfrt_msgs.msg import RecognisedObjects, Region, Regions
from vfrt_ros.core.types.region import Box
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.conversions import image_from_frame
from vfrt_ros.nodes.object_channel import FRESH_S

pytestmark = pytest.mark.ros

RED, BLUE, GREEN = Box(40, 60, 120, 120), Box(250, 60, 120, 120), Box(450, 240, 120, 120)


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    monkeypatch.setenv("VFRT_REGIONS", "topic")


def scene(variant: int = 0) -> np.ndarray:
    """A grey picture with a red, a blue and a green thing."""
    frame = np.full((480, 640, 3), 128, np.uint8)
    frame += np.random.default_rng(variant).integers(0, 9, frame.shape, np.uint8)
    for colour, box in (("red", RED), ("blue", BLUE), ("green", GREEN)):
        frame[box.y : box.bottom, box.x : box.right] = picture(colour, variant, size=(box.width, box.height))
    return frame


def roi(box: Box) -> RegionOfInterest:
    return RegionOfInterest(x_offset=box.x, y_offset=box.y, width=box.width, height=box.height)


class Desk:
    """A bench with a detector, and what the node says of objects."""

    def __init__(self, ros: Ros, camera: str = "") -> None:
        self.bench = RecognitionBench(ros, cameras=[camera] if camera else ())
        self.camera = camera
        self.objects: list[RecognisedObjects] = []
        name = names.of_camera(camera, names.OBJECTS)
        self.bench.hear(RecognisedObjects, name, qos.recognition(), self.objects.append)
        self.detector = self.bench.tester.create_publisher(
            Regions, names.of_camera(camera, names.REGIONS), qos.recognition()
        )
        wait_for(self.detector.get_subscription_count, "the node to listen for boxes")
        for label, colour in (("cup", "red"), ("pen", "blue")):
            images = [image_from_frame(picture(colour, variant), Header()) for variant in range(4)]
            assert self.bench.call("register", label=label, images=images).code == 0

    def show(self, variant: int = 0) -> Header:
        """Have a picture recognised; its header."""
        return self.bench.show(scene(variant), self.camera).header

    def box(self, header: Header, *regions: Region) -> RecognisedObjects:
        """The objects of a picture in which these boxes were found."""
        again = 0.0

        def answers() -> list[RecognisedObjects]:
            nonlocal again
            if time.monotonic() > again:
                self.detector.publish(Regions(header=header, regions=regions or usual()))
                again = time.monotonic() + 2.0
            return [found for found in self.objects if found.header.stamp == header.stamp]

        wait_for(answers, "objects")
        return answers()[-1]

    def counted(self, kind: str) -> int:
        return self.bench.channel.objects.faults.get(kind, 0)


def usual(*tracks: int) -> list[Region]:
    numbers = tracks or (0, 0, 0)
    boxes = zip(numbers, (RED, BLUE, GREEN), strict=True)
    return [Region(id=number, box=roi(box), score=0.9) for number, box in boxes]


@pytest.fixture
def desk(ros: Ros) -> Desk:
    return Desk(ros)


def labels(message: RecognisedObjects) -> list[str]:
    return [each.label for each in message.objects]


def test_boxes_come_back_as_objects_of_the_same_picture(desk: Desk) -> None:
    header = desk.show()
    found = desk.box(header)
    assert found.header == header
    assert (found.width, found.height, found.camera) == (640, 480, "")
    assert labels(found)[:2] == ["cup", "pen"]
    assert [each.box for each in found.objects] == [roi(box) for box in (RED, BLUE, GREEN)]
    assert all(each.track for each in found.objects)
    assert found.memory_version == desk.bench.infos[-1].version
    for each in found.objects:
        assert 0 <= each.score <= 1
        assert (each.reason == 0) == (each.label in ("cup", "pen"))


def test_boxes_may_come_before_their_picture(desk: Desk) -> None:
    desk.show()
    image = desk.bench.stamped(image_from_frame(scene(1), Header()))
    message = Regions(header=image.header, regions=usual())
    again = 0.0

    def found() -> list[RecognisedObjects]:
        nonlocal again
        if time.monotonic() > again:
            desk.detector.publish(message)
            time.sleep(0.1)  # so that the boxes are first on their way
            desk.bench.send(image)
            again = time.monotonic() + 2.0
        return [each for each in desk.objects if each.header.stamp == image.header.stamp]

    wait_for(found, "objects of boxes that came first")


def test_a_senders_tracks_are_kept(desk: Desk) -> None:
    assert [each.track for each in desk.box(desk.show(), *usual(7, 9, 70000)).objects] == [7, 9, 70000]


def test_our_tracks_last_from_picture_to_picture(desk: Desk) -> None:
    first, second = (desk.box(desk.show(variant)) for variant in (0, 1))
    assert [each.track for each in first.objects] == [each.track for each in second.objects]


def test_an_object_is_taught_by_its_track_and_undo_takes_it_back(desk: Desk) -> None:
    for variant in range(3):
        found = desk.box(desk.show(variant))
    taught = desk.bench.call("register", label="leaf", track=found.objects[2].track)
    assert (taught.code, taught.stored >= 1) == (0, True), taught.message
    changed = desk.box(desk.show(7))
    assert labels(changed) == ["cup", "pen", "leaf"]
    assert changed.memory_version == taught.memory_version
    assert desk.bench.call("undo").code == 0
    assert labels(desk.box(desk.show(8)))[2] != "leaf"


def test_an_object_is_taught_by_its_box(desk: Desk) -> None:
    for variant in range(3):
        desk.show(variant)
    taught = desk.bench.call("register", label="leaf", region=roi(GREEN), pictures=True)
    assert taught.code == 0, taught.message
    assert labels(desk.box(desk.show(7)))[2] == "leaf"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"region": RegionOfInterest(x_offset=900, width=5, height=5)}, "outside the picture"),
        ({"region": RegionOfInterest(x_offset=9, y_offset=9)}, "no area"),
        ({"track": 4711}, "track 4711"),
    ],
)
def test_what_cannot_be_pointed_at_is_refused(desk: Desk, fields: dict[str, Any], words: str) -> None:
    version = desk.box(desk.show()).memory_version
    refused = desk.bench.call("register", label="leaf", **fields)
    assert refused.code == refused.INVALID_REQUEST
    assert words in refused.message
    assert desk.bench.call("list_labels").memory_version == version


def test_an_object_is_explained(desk: Desk) -> None:
    track = desk.box(desk.show()).objects[1].track
    told = desk.bench.call("explain", track=track)
    assert (told.code, told.label) == (0, "pen")
    refused = desk.bench.call("explain", track=4711)
    assert refused.code == refused.INVALID_REQUEST


def test_no_box_is_an_answer_without_objects(desk: Desk) -> None:
    header = desk.show()
    desk.detector.publish(Regions(header=header))
    wait_for(lambda: [each for each in desk.objects if each.header.stamp == header.stamp], "an empty answer")
    assert desk.objects[-1].objects == []


STRANGE: dict[str, Callable[[], list[Region]]] = {
    "outside": lambda: [Region(box=RegionOfInterest(x_offset=5000, width=9, height=9))],
    "empty": lambda: [Region(box=RegionOfInterest(x_offset=5, y_offset=5))],
    "no_score": lambda: [Region(box=roi(RED), score=float("nan"))],
    "too_many": lambda: [Region(box=roi(RED), score=0.001)] * 10_000,
}


@pytest.mark.parametrize("kind", STRANGE)
def test_strange_boxes_are_counted_and_the_rest_is_recognised(desk: Desk, kind: str) -> None:
    header = desk.show()
    found = desk.box(header, *STRANGE[kind](), *usual())
    assert {"cup", "pen"} <= set(labels(found))
    assert len(found.objects) <= 20
    assert desk.counted(kind) > 0
    desk.bench.hear_diagnostics()
    wait_for(
        lambda: [v for status in desk.bench.diagnostics for v in status.values if v.key == f"boxes, {kind}"],
        "the count in /diagnostics",
    )
    assert desk.bench.state == "active"


def test_boxes_of_no_picture_are_counted(desk: Desk) -> None:
    desk.show()
    header = desk.show(1)
    before = len(desk.objects)
    late = Header()
    late.stamp.sec = header.stamp.sec - 500
    desk.detector.publish(Regions(header=late, regions=usual()))
    wait_for(lambda: desk.counted("no_picture"), "boxes that fit no picture to be counted")
    assert len(desk.objects) == before
    assert labels(desk.box(desk.show(2)))[:2] == ["cup", "pen"]


def test_objects_of_a_driver_that_sets_no_stamps_are_drawn_no_longer_than_others(desk: Desk) -> None:
    objects = desk.bench.channel.objects
    wait_for(lambda: seen_without_stamp(desk), "a picture without a stamp")
    desk.detector.publish(Regions(header=Header(), regions=usual()))
    wait_for(lambda: objects.latest, "objects")
    found = objects.latest
    assert found is not None
    assert objects.near(found.stamp) == found.objects

    later = found.stamp + 2 * FRESH_S
    wait_for(lambda: seen_without_stamp(desk).stamp > later, "a picture that came later")
    newest = desk.bench.channel.newest
    assert newest is not None
    assert newest.objects == ()


def seen_without_stamp(desk: Desk) -> Any:
    """The newest answer to pictures of a driver that sets no stamps, one more of which is sent."""
    desk.bench.send(image_from_frame(scene(), Header()))
    return desk.bench.channel.latest


def test_off_means_that_boxes_change_nothing(desk: Desk) -> None:
    assert all(result.successful for result in desk.bench.set(regions="off"))
    header = desk.show()
    desk.detector.publish(Regions(header=header, regions=usual()))
    desk.show(1)
    assert desk.objects == []
    assert all(result.successful for result in desk.bench.set(regions="topic"))
    assert labels(desk.box(desk.show(2)))[:2] == ["cup", "pen"]


def test_a_region_source_that_there_is_not_is_refused(desk: Desk) -> None:
    (result,) = desk.bench.set(regions="radar")
    assert not result.successful
    assert "topic" in result.reason


def test_windows_are_looked_through(desk: Desk) -> None:
    desk.bench.set(regions="grid", max_regions=5)
    desk.show()
    wait_for(lambda: desk.objects, "objects")
    assert len(desk.objects[-1].objects) <= 5
    assert "unknown" not in labels(desk.objects[-1])


def test_a_camera_of_many_has_topics_of_its_own(ros: Ros, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VFRT_CAMERAS", "left,right")
    desk = Desk(ros, camera="left")
    found = desk.box(desk.show())
    assert found.camera == "left"
    assert labels(found)[:2] == ["cup", "pen"]


def test_given_images_are_recognised(desk: Desk) -> None:
    images = [image_from_frame(picture("red", 9), Header(frame_id="a")), image_from_frame(scene(), Header())]
    answer = desk.bench.call("recognise", images=images, regions=[Regions(), Regions(regions=usual())])
    assert answer.code == 0, answer.message
    whole, parts = answer.results
    assert labels(whole) == ["cup"]
    assert (whole.header.frame_id, whole.objects[0].box) == ("a", RegionOfInterest(width=128, height=96))
    assert labels(parts)[:2] == ["cup", "pen"]
    assert {each.track for each in parts.objects} == {0}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"images": []}, "at least one image"),
        ({"images": 2, "regions": [Regions()]}, "got 1"),
        ({"images": 1, "regions": [Regions(regions=STRANGE["outside"]())]}, "outside the picture"),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused(desk: Desk, fields: dict[str, Any], words: str) -> None:
    images = [image_from_frame(picture("red"), Header())] * int(fields["images"] or 0)
    refused = desk.bench.call("recognise", **{**fields, "images": images})
    assert refused.code == refused.INVALID_REQUEST
    assert words in refused.message
    assert refused.results == []
