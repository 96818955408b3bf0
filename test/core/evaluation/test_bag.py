"""rosbag2 recordings, SQLite and MCAP, raw and compressed, written here and read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fixtures.pictures import picture
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from vfrt_ros.core.errors import SourceError
from vfrt_ros.core.evaluation.bag import RAW, BagSource, is_bag

STORE = get_typestore(Stores.ROS2_JAZZY)
PICTURE = picture("red", size=(40, 30))
STORAGES = {"sqlite3": StoragePlugin.SQLITE3, "mcap": StoragePlugin.MCAP}


def header(seconds: float) -> Any:
    stamp = STORE.types["builtin_interfaces/msg/Time"](sec=int(seconds), nanosec=round(seconds % 1 * 1e9))
    return STORE.types["std_msgs/msg/Header"](stamp=stamp, frame_id="camera")


def raw(seconds: float, encoding: str = "bgr8", padding: int = 0, cut: int = 0) -> Any:
    codes = {"rgb8": cv2.COLOR_BGR2RGB, "bgra8": cv2.COLOR_BGR2BGRA, "mono8": cv2.COLOR_BGR2GRAY}
    image = cv2.cvtColor(PICTURE, codes[encoding]) if encoding in codes else PICTURE
    rows = np.pad(image.reshape(30, -1), ((0, 0), (0, padding)))
    data = rows.ravel()[: rows.size - cut]
    return STORE.types[RAW](header(seconds), 30, 40, encoding, 0, rows.shape[1], data)


def compressed(seconds: float) -> Any:
    data = cv2.imencode(".png", PICTURE)[1].ravel()
    return STORE.types["sensor_msgs/msg/CompressedImage"](header(seconds), "png", data)


def write_bag(place: Path, messages: dict[str, list[Any]], storage: str = "sqlite3") -> Path:
    with Writer(place, version=9, storage_plugin=STORAGES[storage]) as writer:
        for topic, entries in messages.items():
            kind = entries[0].__msgtype__
            connection = writer.add_connection(topic, kind, typestore=STORE)
            for number, entry in enumerate(entries):
                writer.write(
                    connection, 5_000_000_000 + number * 1_000_000_000, STORE.serialize_cdr(entry, kind)
                )
    return place


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


@pytest.mark.parametrize("message", [raw(1, "rgb8"), raw(1, "bgra8"), raw(1, padding=7)])
def test_other_layouts_of_the_same_picture(tmp_path: Path, message: Any) -> None:
    place = write_bag(tmp_path / "bag", {"/camera": [message]})
    np.testing.assert_array_equal(read_all(BagSource(place))[0].image, PICTURE)


def test_grey_pictures_become_bgr(tmp_path: Path) -> None:
    image = read_all(BagSource(write_bag(tmp_path / "bag", {"/camera": [raw(1, "mono8")]})))[0].image
    np.testing.assert_array_equal(
        image, np.repeat(cv2.cvtColor(PICTURE, cv2.COLOR_BGR2GRAY)[..., None], 3, 2)
    )


BAD = {"an unknown encoding": (raw(1, "32FC1"), "32FC1"), "too few bytes": (raw(1, cut=5), "has 3595 bytes")}


@pytest.mark.parametrize(("message", "text"), BAD.values(), ids=BAD)
def test_a_picture_that_cannot_be_used_is_explained(tmp_path: Path, message: Any, text: str) -> None:
    source = BagSource(write_bag(tmp_path / "bag", {"/camera": [message]}))
    with pytest.raises(SourceError, match=text):
        read_all(source)


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
