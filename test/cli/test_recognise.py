# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt recognise`: pictures in, answers out; and pointing with `--box` and `--track`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import pytest

pytest.importorskip("rclpy")

from fixtures.picture_messages import scene
from sensor_msgs.msg import RegionOfInterest

from vfrt_msgs.msg import Candidate, RecognisedObject, RecognisedObjects, Recognition
from vfrt_ros.cli import recognise
from vfrt_ros.client.errors import NoAnswerError
from vfrt_ros.client.node_client import NodeClient

from .fake_recognition import FakeRecognition

pytestmark = pytest.mark.ros
CUP = RecognisedObject(label="cup", score=0.9, threshold=0.5, reason=Recognition.KNOWN)
UNKNOWN = RecognisedObject(
    label="unknown", score=0.2, threshold=0.5, reason=Recognition.UNKNOWN_LOW_SCORE,
    candidates=[Candidate(label="pen", score=0.2)],
)  # fmt: skip


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "desk.png"
    cv2.imwrite(str(path), cv2.resize(scene(), (4096, 3072)))
    return path


def answering(fake: FakeRecognition, *objects: RecognisedObject) -> None:
    fake.answers["Recognise"] = lambda request: {
        "results": [RecognisedObjects(objects=list(objects)) for _ in request.images]
    }


def test_each_picture_has_a_line(fake: FakeRecognition, vfrt: Any, photo: Path) -> None:
    answering(fake, CUP)
    outcome = vfrt("recognise", str(photo))
    assert (outcome.status, outcome.out) == (0, f"{photo}: cup 0.90\n")
    (image,) = fake.asked["Recognise"].images
    assert (image.width, image.height) == (2048, 1536)
    assert list(fake.asked["Recognise"].regions) == []


def test_boxes_are_those_of_the_file(fake: FakeRecognition, vfrt: Any, photo: Path) -> None:
    """The picture is sent at half its size, and so are they."""
    answering(fake, CUP, UNKNOWN)
    outcome = vfrt("recognise", str(photo), "--box", "100,80,60,90", "--box", "300,40,120,200")
    assert outcome.status == 0
    assert outcome.out.splitlines() == [
        f"{photo} 100,80,60,90: cup 0.90",
        f"{photo} 300,40,120,200: unknown 0.20 (likest pen, threshold 0.50)",
    ]
    (regions,) = fake.asked["Recognise"].regions
    first = RegionOfInterest(x_offset=50, y_offset=40, width=30, height=45)
    assert regions.regions[0].box == first


def test_the_last_pixel_of_a_large_picture_is_in_it(fake: FakeRecognition, vfrt: Any, photo: Path) -> None:
    answering(fake, CUP)
    assert vfrt("recognise", str(photo), "--box", "4095,3071,1,1").status == 0
    (regions,) = fake.asked["Recognise"].regions
    assert regions.regions[0].box == RegionOfInterest(x_offset=2047, y_offset=1535, width=1, height=1)


def test_json_has_a_picture_each(fake: FakeRecognition, vfrt: Any, photo: Path) -> None:
    answering(fake, UNKNOWN)
    outcome = vfrt("recognise", str(photo.parent), "--json")
    (picture,) = json.loads(outcome.out)["pictures"]
    assert picture["file"] == str(photo)
    assert picture["objects"][0]["label"] == "unknown"
    assert picture["objects"][0]["reason"] == "UNKNOWN_LOW_SCORE"
    assert picture["objects"][0]["box"].items() >= {"x_offset": 0, "width": 4096, "height": 3072}.items()


def test_boxes_in_json_are_those_of_the_file(fake: FakeRecognition, vfrt: Any, photo: Path) -> None:
    answering(fake, CUP)
    outcome = vfrt("recognise", str(photo), "--box", "4000,80,600,90", "--json")
    ((cup,),) = (picture["objects"] for picture in json.loads(outcome.out)["pictures"])
    assert [cup["box"][name] for name in ("x_offset", "y_offset", "width", "height")] == [4000, 80, 96, 90]


def test_a_picture_that_a_box_does_not_lie_in_is_named_and_left_out(
    fake: FakeRecognition, vfrt: Any, photo: Path
) -> None:
    answering(fake, CUP)
    small = photo.with_name("small.png")
    cv2.imwrite(str(small), scene())
    outcome = vfrt("recognise", str(photo.parent), "--box", "3000,2000,60,90")
    assert (outcome.status, outcome.out) == (0, f"{photo} 3000,2000,60,90: cup 0.90\n")
    assert f"{small}: The box 3000,2000,60,90" in outcome.err and "left out" in outcome.err


def test_a_bad_file_is_named_and_left_out(fake: FakeRecognition, vfrt: Any, photo: Path) -> None:
    answering(fake, CUP)
    bad = photo.with_name("a.jpg")
    bad.write_bytes(b"no picture")
    outcome = vfrt("recognise", str(bad), str(photo))
    assert outcome.status == 0
    assert str(bad) in outcome.err
    assert outcome.out.count("cup") == 1


def test_a_refusal_is_one_line_and_status_1(fake: FakeRecognition, vfrt: Any, photo: Path) -> None:
    fake.answers["Recognise"] = {"code": 1, "message": "There are too many."}
    outcome = vfrt("recognise", str(photo))
    assert (outcome.status, outcome.out) == (1, "")
    assert "There are too many." in outcome.err


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Five pictures, which are sent two at a time."""
    monkeypatch.setattr(recognise, "AT_ONCE", 2)
    paths = [tmp_path / f"{number}.png" for number in range(5)]
    for path in paths:
        cv2.imwrite(str(path), scene())
    return paths


def refusing_the_second_request(fake: FakeRecognition) -> None:
    requests: list[Any] = []

    def answer(request: Any) -> dict[str, Any]:
        requests.append(request)
        if len(requests) == 2:
            return {"code": 1, "message": "Image 0 cannot be read."}
        return {"results": [RecognisedObjects(objects=[CUP]) for _ in request.images]}

    fake.answers["Recognise"] = answer


def test_a_refused_request_keeps_no_others(
    fake: FakeRecognition, vfrt: Any, photos: list[Path], tmp_path: Path
) -> None:
    refusing_the_second_request(fake)
    outcome = vfrt("recognise", str(tmp_path))
    assert outcome.status == 1
    assert outcome.out.splitlines() == [f"{photos[number]}: cup 0.90" for number in (0, 1, 4)]
    assert outcome.err == (
        f"vfrt recognise: Image 0 cannot be read. Not recognised: {photos[2]}, {photos[3]}.\n"
    )


def test_a_refused_request_leaves_one_document(
    fake: FakeRecognition, vfrt: Any, photos: list[Path], tmp_path: Path
) -> None:
    refusing_the_second_request(fake)
    outcome = vfrt("recognise", str(tmp_path), "--json")
    assert outcome.status == 1
    told = json.loads(outcome.out)
    assert told["ok"] is False
    assert [picture["file"] for picture in told["pictures"]] == [str(photos[n]) for n in (0, 1, 4)]
    assert told["not_recognised"] == [
        {"file": str(photos[number]), "why": "Image 0 cannot be read."} for number in (2, 3)
    ]


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["lines", "json"])
def test_a_node_that_goes_takes_no_answer_with_it(
    fake: FakeRecognition,
    vfrt: Any,
    photos: list[Path],
    tmp_path: Path,
    options: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answering(fake, CUP)
    call, calls = NodeClient.call, []

    def gone_after_the_first(client: NodeClient, *arguments: Any, **keywords: Any) -> Any:
        calls.append(client)
        if len(calls) > 1:
            raise NoAnswerError("It has gone.")
        return call(client, *arguments, **keywords)

    monkeypatch.setattr(NodeClient, "call", gone_after_the_first)
    outcome = vfrt("recognise", str(tmp_path), *options)
    assert (outcome.status, len(calls)) == (1, 2)
    assert all(str(photo) in outcome.out for photo in photos[:2])
    assert outcome.err == (
        f"vfrt recognise: It has gone. Not recognised: {photos[2]}, {photos[3]} and 1 more.\n"
    )
    if options:
        assert [each["why"] for each in json.loads(outcome.out)["not_recognised"]] == ["It has gone."] * 3


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "-1,0,5,5", "0,0,0,5", "0,0,99999999999,5"])
def test_a_box_that_is_none_is_wrong_usage(vfrt: Any, box: str) -> None:
    for words in ([f"--box={box}"], ["--box", box]):
        outcome = vfrt("recognise", "a.jpg", *words)
        assert outcome.status == 2
        assert "like 100,80,60,90" in outcome.err


def test_registering_by_a_box_and_by_a_track(fake: FakeRecognition, vfrt: Any) -> None:
    assert vfrt("register", "cup", "--box", "100,80,60,90").status == 0
    asked = fake.asked["Register"]
    assert asked.region == RegionOfInterest(x_offset=100, y_offset=80, width=60, height=90)
    assert vfrt("register", "cup", "--track", "7").status == 0
    assert (fake.asked["Register"].track, fake.asked["Register"].region) == (7, RegionOfInterest())


@pytest.mark.parametrize(
    "options",
    [
        ["--track", "0"],
        ["--track", "-3"],
        ["--track", "1", "--box", "1,2,3,4"],
        ["--track", "1", "--images", "a.jpg"],
    ],
)
def test_pointing_at_nothing_is_wrong_usage(vfrt: Any, options: list[str]) -> None:
    assert vfrt("register", "cup", *options).status == 2
