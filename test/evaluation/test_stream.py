# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Recordings go through the whole recogniser, in order, with their own times."""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from fixtures.bags import raw, write_bag
from fixtures.pictures import picture

from vfrt_ros.core.config.camera_names import check_cameras
from vfrt_ros.core.config.leftovers import LEFT_AFTER_SECONDS
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.sources.bag_topics import camera_names
from vfrt_ros.core.sources.source import Frame
from vfrt_ros.core.types.errors import SourceError
from vfrt_ros.evaluation.dataset import DatasetError
from vfrt_ros.evaluation.stream import (
    COLUMNS,
    frames_of,
    open_recording,
    replay,
    summarise,
    summarise_cameras,
    with_noise,
    write_rows,
)


@pytest.fixture
def recogniser() -> Recogniser:
    settings = RecognitionSettings(
        backbone="fake", memory_path=":memory:", init_labels=("red", "blue"), fuse="late", temporal_ema=0.9
    )
    return Recogniser(settings)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(12):
        cv2.imwrite(
            str(tmp_path / f"{number}.png"), picture("red" if number < 6 else "blue", number, (64, 48))
        )
    return tmp_path


def test_every_frame_is_a_row_with_its_time(folder: Path, recogniser: Recogniser, tmp_path: Path) -> None:
    with open_recording(str(folder), fps=10) as source:
        rows = write_rows(replay(recogniser, frames_of(source)), tmp_path / "out" / "rows.csv")
    with (tmp_path / "out" / "rows.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert tuple(written[0]) == COLUMNS
    assert [row["label"] for row in written] == ["red"] * 6 + ["blue"] * 6
    assert [float(row["stamp"]) for row in written] == pytest.approx([number / 10 for number in range(12)])
    assert {candidate["label"] for candidate in json.loads(written[0]["candidates"])} == {"red", "blue"}
    assert all(row.latency > 0 for row in rows)


def test_the_answers_are_those_of_the_recogniser(folder: Path, recogniser: Recogniser) -> None:
    still = recogniser.settings.replace(temporal_ema=0.0)
    with open_recording(str(folder), fps=30) as source:
        frames = list(frames_of(source))
    rows = list(replay(recogniser, frames))
    for settings, answers in (
        (recogniser.settings, [row.smoothed for row in rows]),
        (still, [row.plain for row in rows]),
    ):
        live = Recogniser(settings, encoders=recogniser.encoders)
        expected = [live.recognise(frame.image, frame.time).as_dict() for frame in frames]
        assert [answer.as_dict() for answer in answers] == expected
    assert [row.smoothed.score for row in rows] != [row.plain.score for row in rows]


def test_smoothing_holds_what_flickers_unsmoothed(recogniser: Recogniser) -> None:
    """A purple that is now a little more red, now a little more blue."""
    red, blue = (picture(colour, 0, (64, 48)).astype(float) for colour in ("red", "blue"))
    shares = [0.5 + 0.12 * (-1) ** number for number in range(60)]
    frames = [
        Frame((share * red + (1 - share) * blue).astype("uint8"), number / 30)
        for number, share in enumerate(shares)
    ]
    summary = summarise(list(replay(recogniser, frames)))
    assert summary["changes_unsmoothed"] > 40
    assert summary["changes_smoothed"] < 5
    assert summary["changes_per_minute_unsmoothed"] == pytest.approx(30 * summary["changes_unsmoothed"])


def test_a_bag_is_replayed_with_its_stamps(tmp_path: Path, recogniser: Recogniser) -> None:
    place = write_bag(tmp_path / "bag", {"/camera": [raw(10.0), raw(10.5)]}, "mcap")
    with open_recording(str(place)) as source:
        rows = list(replay(recogniser, frames_of(source)))
    assert [(row.stamp, row.smoothed.label) for row in rows] == [(0.0, "red"), (0.5, "red")]


def test_topics_of_a_bag_are_cameras_of_their_own_in_the_order_of_their_stamps(
    tmp_path: Path, recogniser: Recogniser
) -> None:
    messages = {
        "/front/image": [raw(10.0), raw(10.5), raw(11.0)],
        "/left/image": [raw(10.2), raw(10.4)],
        "/unwanted/image": [raw(10.1)],
    }
    place = write_bag(tmp_path / "bag", messages)
    cameras = recogniser.settings.replace(cameras=("front", "left"))
    several = Recogniser(cameras, encoders=recogniser.encoders)
    with open_recording(str(place), topic=["/front/image", "/left/image"]) as source:
        rows = write_rows(replay(several, frames_of(source)), tmp_path / "rows.csv")
    assert [(row.camera, row.stamp) for row in rows] == [
        ("front", 0.0),
        ("left", pytest.approx(0.2)),
        ("left", pytest.approx(0.4)),
        ("front", 0.5),
        ("front", 1.0),
    ]
    with (tmp_path / "rows.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert tuple(written[0]) == (*COLUMNS, "camera")
    assert [row["camera"] for row in written] == ["front", "left", "left", "front", "front"]
    summary = summarise_cameras(rows)
    assert (summary["frames"], list(summary["cameras"])) == (5, ["front", "left"])
    assert summary["cameras"]["left"]["frames"] == 2


def test_one_topic_of_several_is_left_out_by_what_cannot_be_read_of_it_alone(
    tmp_path: Path, recogniser: Recogniser
) -> None:
    messages = {"/front/image": [raw(10.0), raw(10.5, cut=9)], "/left/image": [raw(10.2), raw(10.4)]}
    place = write_bag(tmp_path / "bag", messages)
    told: list[str] = []
    with open_recording(str(place), topic=["/front/image", "/left/image"], warn=told.append) as source:
        frames = list(frames_of(source))
    assert [frame.camera for frame in frames] == ["front", "left", "left"]
    assert sum(source.left_out.values()) == len(told) == 1


def test_a_topic_without_a_message_changes_no_times(tmp_path: Path) -> None:
    place = write_bag(tmp_path / "bag", {"/front/image": [raw(10.0), raw(10.5)], "/left/image": []})
    with open_recording(str(place), topic=["/front/image", "/left/image"]) as source:
        assert [(frame.camera, frame.time) for frame in frames_of(source)] == [("front", 0.0), ("front", 0.5)]


def test_a_topic_that_the_bag_has_not_is_named(tmp_path: Path) -> None:
    place = write_bag(tmp_path / "bag", {"/front/image": [raw(10.0)]})
    with pytest.raises(SourceError, match="no topic of pictures '/left/image'; it has /front/image"):
        open_recording(str(place), topic=["/front/image", "/left/image"])


TOPICS = {
    "what tells them apart": (
        ["/robot/front/rgb/image", "/robot/left/rgb/image"],
        ["robot_front", "robot_left"],
    ),
    "nothing in common": (["/a", "/b/c"], ["a", "b_c"]),
    "a name that ROS 1 alone takes": (["/2/image", "/left/image"], ["camera1", "camera2"]),
    "names that would be one": (["/a_b/image", "/a/b/image"], ["camera1", "camera2"]),
}


@pytest.mark.parametrize(("topics", "names"), TOPICS.values(), ids=TOPICS)
def test_each_topic_has_a_name_that_a_camera_can_have(topics: list[str], names: list[str]) -> None:
    assert camera_names(topics) == names
    check_cameras(names)


def test_the_demo_ends_when_it_is_told_to(recogniser: Recogniser) -> None:
    with open_recording("demo", fps=5, size=(64, 48)) as source:
        assert [frame.time for frame in frames_of(source, 1.0)] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])


@pytest.mark.parametrize("topic", ["", "/camera"])
def test_what_is_no_recording_is_refused(tmp_path: Path, topic: str) -> None:
    with pytest.raises(SourceError):
        open_recording(str(tmp_path / "nowhere"), topic=topic)


def test_no_frame_and_one_frame_give_no_rate(recogniser: Recogniser) -> None:
    assert summarise([])["changes_per_minute_smoothed"] is None
    one = list(replay(recogniser, [Frame(picture("red"), 0.0)]))
    assert summarise(one)["changes_per_minute_smoothed"] is None
    assert summarise(one)["shares"] == {"red": 1.0}


def test_a_replay_that_stops_leaves_no_file(tmp_path: Path, recogniser: Recogniser) -> None:
    def broken() -> Iterator[Frame]:
        yield Frame(picture("red"), 0.0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_rows(replay(recogniser, broken()), tmp_path / "rows.csv")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_replay_left_of_this_file_is_removed_when_it_is_old(
    tmp_path: Path, recogniser: Recogniser
) -> None:
    old = time.time() - 2 * LEFT_AFTER_SECONDS
    names = [".rows.csv.17.part", ".rows.csv.18.part", ".other.csv.17.part"]
    for name in names:
        (tmp_path / name).write_text("frame", encoding="utf-8")
        os.utime(tmp_path / name, (old, old))
    os.utime(tmp_path / names[1])
    write_rows(replay(recogniser, [Frame(picture("red"), 0.0)]), tmp_path / "rows.csv")
    assert {path.name for path in tmp_path.iterdir()} == {"rows.csv", *names[1:]}


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, recogniser: Recogniser) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"rows\.csv cannot be written"):
        write_rows(replay(recogniser, [Frame(picture("red"), 0.0)]), tmp_path / "file" / "rows.csv")


def test_noise_is_as_strong_as_asked_for_another_in_each_frame_and_the_same_in_each_run() -> None:
    frames = [Frame(np.full((40, 40, 3), 128, np.uint8), time=number / 10) for number in range(2)]
    first, again = ([frame.image for frame in with_noise(frames, 20.0, seed)] for seed in (1, 1))
    assert np.std(first[0].astype(float)) == pytest.approx(20.0, abs=1.0)
    assert not np.array_equal(first[0], first[1])
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert next(with_noise(frames, 0.0, 1)) is frames[0]
