# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Recordings of ROS 2 and ROS 1, raw and compressed, whole, cut and without metadata, written here and read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fixtures.bags import PICTURE, STORAGES, STORE, compressed, header, raw, write_bag
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from vfrt_ros.core.sources.bag import LAP_PAUSE, RAW, BagSource
from vfrt_ros.core.sources.bag_files import is_bag
from vfrt_ros.core.types.errors import SourceError


def read_all(source: BagSource) -> list[Any]:
    with source:
        return list(iter(source.read, None))


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("message", [raw, compressed])
def test_pictures_come_in_order_at_the_time_of_their_stamps(
    tmp_path: Path, storage: str, message: Any
) -> None:
    place = write_bag(
        tmp_path / "bag", {"/camera": [message(100.0), message(100.1), message(100.3)]}, storage
    )
    frames = read_all(BagSource(place))
    assert [round(frame.time, 6) for frame in frames] == [0.0, 0.1, 0.3]
    for frame in frames:
        np.testing.assert_array_equal(frame.image, PICTURE)


@pytest.mark.parametrize("storage", STORAGES)
def test_a_single_file_is_a_bag_too(tmp_path: Path, storage: str) -> None:
    folder = write_bag(tmp_path / "bag", {"/camera": [raw(1.0), raw(2.0)]}, storage)
    file = next(path for path in folder.iterdir() if path.suffix in (".db3", ".mcap"))
    assert is_bag(folder)
    assert is_bag(file)
    assert not is_bag(tmp_path)
    assert len(read_all(BagSource(file))) == 2


def test_without_stamps_the_times_of_recording_count(tmp_path: Path) -> None:
    place = write_bag(tmp_path / "bag", {"/camera": [raw(0.0), raw(0.0)]})
    assert [frame.time for frame in read_all(BagSource(place))] == [0.0, 1.0]


@pytest.mark.parametrize(
    "message", [raw(1, "rgb8"), raw(1, "bgra8"), raw(1, padding=7), raw(1, " BGR8"), raw(1, "8UC3")]
)
def test_other_layouts_of_the_same_picture(tmp_path: Path, message: Any) -> None:
    place = write_bag(tmp_path / "bag", {"/camera": [message]})
    np.testing.assert_array_equal(read_all(BagSource(place))[0].image, PICTURE)


def test_grey_pictures_become_bgr(tmp_path: Path) -> None:
    image = read_all(BagSource(write_bag(tmp_path / "bag", {"/camera": [raw(1, "mono8")]})))[0].image
    np.testing.assert_array_equal(
        image, np.repeat(cv2.cvtColor(PICTURE, cv2.COLOR_BGR2GRAY)[..., None], 3, 2)
    )


BAD = {
    "depth": (raw(1, "32FC1"), "depth"),
    "an unknown encoding": (raw(1, "xyz"), "encoding"),
    "too few bytes": (raw(1, cut=5), "length"),
    "no bytes": (raw(1, cut=3600), "empty"),
    "an empty JPEG": (
        STORE.types["sensor_msgs/msg/CompressedImage"](header(1), "jpeg", np.empty(0, np.uint8)),
        "empty",
    ),
    "a broken PNG": (
        STORE.types["sensor_msgs/msg/CompressedImage"](header(1), "png", compressed(1).data[:200]),
        "malformed",
    ),
}


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize(("message", "kind"), BAD.values(), ids=BAD)
def test_a_bad_picture_is_named_counted_and_left_out(
    tmp_path: Path, message: Any, kind: str, storage: str
) -> None:
    good = raw if hasattr(message, "encoding") else compressed
    told: list[str] = []
    place = write_bag(tmp_path / "bag", {"/camera": [good(1), message, good(2), message, good(3)]}, storage)
    source = BagSource(place, warn=told.append)
    assert [frame.time for frame in read_all(source)] == [0, 1, 2]
    assert source.left_out == {kind: 2}
    assert len(told) == 1
    assert "Picture 2" in told[0]


@pytest.mark.parametrize(("message", "kind"), BAD.values(), ids=BAD)
def test_only_bad_pictures_is_an_error_that_says_why(tmp_path: Path, message: Any, kind: str) -> None:
    source = BagSource(write_bag(tmp_path / "bag", {"/camera": [message]}), warn=[].append)
    with pytest.raises(SourceError, match="no picture on /camera that can be used"):
        read_all(source)
    assert source.left_out == {kind: 1}


def test_a_message_that_cannot_be_deserialised_is_left_out(tmp_path: Path) -> None:
    with Writer(tmp_path / "bag", version=9, storage_plugin=StoragePlugin.SQLITE3) as writer:
        connection = writer.add_connection("/camera", RAW, typestore=STORE)
        whole = bytes(STORE.serialize_cdr(raw(1), RAW))
        for number, data in enumerate((whole, whole[:30], b"", whole)):
            writer.write(connection, number, data)
    source = BagSource(tmp_path / "bag", warn=[].append)
    assert len(read_all(source)) == 2
    assert source.left_out == {"malformed": 2}


@pytest.mark.parametrize("storage", STORAGES)
def test_a_bag_without_metadata_is_read_and_its_cure_told(tmp_path: Path, storage: str) -> None:
    place = write_bag(tmp_path / "bag", {"/camera": [raw(1), raw(2)]}, storage)
    (place / "metadata.yaml").unlink()
    assert is_bag(place)
    told: list[str] = []
    assert len(read_all(BagSource(place, warn=told.append))) == 2
    assert len(told) == 1
    assert "ros2 bag reindex" in told[0]


def test_a_bag_with_broken_metadata_is_read(tmp_path: Path) -> None:
    place = write_bag(tmp_path / "bag", {"/camera": [raw(1), raw(2)]})
    (place / "metadata.yaml").write_text("")
    assert len(read_all(BagSource(place, warn=[].append))) == 2


def test_one_broken_file_of_several_is_named_and_the_others_read(tmp_path: Path) -> None:
    place = write_bag(tmp_path / "bag", {"/camera": [raw(1), raw(2)]})
    (place / "metadata.yaml").unlink()
    (place / "bag_1.db3").write_bytes(b"SQLite format 3\0" + bytes(100))
    told: list[str] = []
    assert len(read_all(BagSource(place, warn=told.append))) == 2
    assert "bag_1.db3" in told[0]


@pytest.mark.parametrize("folder", [True, False], ids=["folder", "file"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.999])
def test_a_cut_mcap_is_read_as_far_as_it_goes(tmp_path: Path, share: float, folder: bool) -> None:
    place = write_bag(tmp_path / "bag", {"/camera": [raw(n + 1) for n in range(900)]}, "mcap")
    (place / "metadata.yaml").unlink()
    file = next(place.iterdir())
    data = file.read_bytes()
    file.write_bytes(data[: int(share * len(data))])
    told: list[str] = []
    frames = read_all(BagSource(place if folder else file, warn=told.append))
    assert share * 900 - 20 <= len(frames) <= 900
    assert [frame.time for frame in frames] == list(range(len(frames)))
    np.testing.assert_array_equal(frames[-1].image, PICTURE)
    assert "as far as it goes" in told[0]


def test_a_damaged_chunk_of_a_cut_mcap_costs_only_itself(tmp_path: Path) -> None:
    place = tmp_path / "bag"
    writer = Writer(place, version=9, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    with writer:
        connection = writer.add_connection("/camera", RAW, typestore=STORE)
        for number in range(900):
            writer.write(connection, number, STORE.serialize_cdr(raw(number + 1), RAW))
    file = place / "bag.mcap"
    data = bytearray(file.read_bytes()[:-20])
    second = data.index(b"\x28\xb5\x2f\xfd", data.index(b"\x28\xb5\x2f\xfd") + 1)
    data[second : second + 40] = bytes(40)
    file.write_bytes(data)
    assert 500 <= len(read_all(BagSource(file, warn=[].append))) < 900


CUTS = {"nothing": 0, "the start": 8, "half a head": 40}


@pytest.mark.parametrize("length", CUTS.values(), ids=CUTS)
def test_an_mcap_without_a_message_is_one_line(tmp_path: Path, length: int) -> None:
    place = write_bag(tmp_path / "bag", {"/camera": [raw(1)]}, "mcap")
    (place / "metadata.yaml").unlink()
    file = next(place.iterdir())
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(SourceError, match="cannot be read") as caught:
        BagSource(file, warn=[].append)
    assert "\n" not in str(caught.value)


ROS1 = get_typestore(Stores.ROS1_NOETIC)


def write_ros1_bag(place: Path, count: int) -> Path:
    with Ros1Writer(place) as writer:
        connection = writer.add_connection("/camera/image_raw", RAW, typestore=ROS1)
        for number in range(count):
            stamp = ROS1.types["builtin_interfaces/msg/Time"](sec=number, nanosec=0)
            head = ROS1.types["std_msgs/msg/Header"](seq=number, stamp=stamp, frame_id="camera")
            message = ROS1.types[RAW](head, 30, 40, "bgr8", 0, 120, PICTURE.ravel())
            writer.write(connection, number * 10**9, ROS1.serialize_ros1(message, RAW))
    return place


def test_a_bag_of_ros_1_is_read(tmp_path: Path) -> None:
    place = write_ros1_bag(tmp_path / "old.bag", 3)
    assert is_bag(place)
    frames = read_all(BagSource(place))
    assert [frame.time for frame in frames] == [0, 1, 2]
    np.testing.assert_array_equal(frames[1].image, PICTURE)


@pytest.mark.parametrize("name", ["old.bag", "old.bag.active"])
def test_an_unfinished_bag_of_ros_1_is_told_its_cure(tmp_path: Path, name: str) -> None:
    place = write_ros1_bag(tmp_path / "old.bag", 3).rename(tmp_path / name)
    place.write_bytes(place.read_bytes()[:-2000])
    assert is_bag(place)
    with pytest.raises(SourceError, match="rosbag reindex"):
        BagSource(place)


def test_a_loop_starts_again_and_time_goes_on(tmp_path: Path) -> None:
    place = write_bag(tmp_path / "bag", {"/camera": [raw(1), raw(1, cut=5), raw(2)]})
    with BagSource(place, loop=True, warn=[].append) as source:
        times = [frame.time for _ in range(5) if (frame := source.read())]
    assert times == pytest.approx([0, 1, 1 + LAP_PAUSE, 2 + LAP_PAUSE, 2 + 2 * LAP_PAUSE])
    assert source.left_out == {"length": 1}


def test_one_of_several_topics_must_be_named(tmp_path: Path) -> None:
    place = write_bag(tmp_path / "bag", {"/left": [raw(1.0)], "/right": [raw(1.0), raw(2.0)]})
    with pytest.raises(SourceError, match="/left, /right"):
        BagSource(place)
    with pytest.raises(SourceError, match="'/middle'; it has /left, /right"):
        BagSource(place, "/middle")
    assert len(read_all(BagSource(place, "/right"))) == 2


def test_no_bag_and_no_pictures_are_explained(tmp_path: Path) -> None:
    (tmp_path / "no.db3").write_bytes(b"nothing")
    with pytest.raises(SourceError, match="cannot be read"):
        BagSource(tmp_path / "no.db3")
    place = write_bag(tmp_path / "bag", {"/header": [header(1.0)]})
    with pytest.raises(SourceError, match="no topic of pictures"):
        BagSource(place)
