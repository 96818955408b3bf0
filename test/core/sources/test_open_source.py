# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from core.sources.fakes import FakeSource, picture
from fixtures.bags import raw, write_bag

from vfrt_ros import bringup
from vfrt_ros.core.config.settings import CameraSettings
from vfrt_ros.core.sources import open_source as module
from vfrt_ros.core.sources.bag import BagSource
from vfrt_ros.core.sources.demo import DemoSource
from vfrt_ros.core.sources.images import ImageSource
from vfrt_ros.core.sources.open_source import open_source, source_name
from vfrt_ros.core.sources.source import Frame, Source
from vfrt_ros.core.types.errors import SourceError, UnusableSourceError


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "clip.mp4").write_bytes(b"")
    yield tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Records what would be opened as a device or a video."""
    record: list[tuple[str, str]] = []

    def fake(kind: str) -> Any:
        def build(spec: str, **options: object) -> Source:
            record.append((kind, spec))
            return FakeSource([])

        return build

    monkeypatch.setattr(module, "DeviceSource", fake("device"))
    monkeypatch.setattr(module, "VideoSource", fake("video"))
    return record


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("0", "device"),
        (" 2 ", "device"),
        ("/dev/video0", "device"),
        ("/dev/v4l/by-id/usb-cam", "device"),
        ("/dev/camera00", "device"),
        ("rtsp://host/live", "video"),
        ("HTTP://host/clip.mjpg", "video"),
        ("{place}/clip.mp4", "video"),
    ],
)
def test_devices_and_videos_are_told_apart(
    spec: str, kind: str, place: Path, opened: list[tuple[str, str]]
) -> None:
    spec = spec.format(place=place)
    open_source(CameraSettings(source=spec))
    assert opened == [(kind, spec.strip())]


@pytest.mark.parametrize(
    "spec", ["{place}", "{place}/a.png", "{place}/*.png"], ids=["folder", "file", "glob"]
)
def test_pictures(spec: str, place: Path) -> None:
    assert isinstance(open_source(CameraSettings(source=spec.format(place=place))), ImageSource)


@pytest.mark.parametrize(
    ("spec", "topics"),
    [("{place}/bag", ["/left"]), ("{place}/bag#/right", ["/left", "/right"])],
    ids=["one", "several"],
)
def test_a_bag(spec: str, topics: list[str], tmp_path: Path) -> None:
    write_bag(tmp_path / "bag", {topic: [raw(1)] for topic in topics})
    with open_source(CameraSettings(source=spec.format(place=tmp_path))) as source:
        assert isinstance(source, BagSource)
        assert source.read() is not None


def test_a_bag_of_several_topics_wants_one_named(tmp_path: Path) -> None:
    write_bag(tmp_path / "bag", {"/left": [raw(1)], "/right": [raw(1)]})
    with pytest.raises(SourceError, match="choose one of /left, /right"):
        open_source(CameraSettings(source=str(tmp_path / "bag")))


def test_the_demo() -> None:
    assert isinstance(open_source(CameraSettings(source="demo")), DemoSource)


HOPELESS = {
    "nothing": "",
    "a word": "demmo",
    "a file": "/nowhere/at/all.mp4",
    "a picture": "/nowhere/at/all.png",
    "a number below zero": "-1",
    "an unknown scheme": "rstp://10.0.0.7/live",
    "no scheme": "me:secret@10.0.0.7/live",
    "nobody's home": "~nosuchuser/x",
    "two lines": "/a\nb",
    "too long": "/" + "a" * 5000,
    "no video": "{place}/text.mp4",
}


@pytest.mark.parametrize("spec", HOPELESS.values(), ids=HOPELESS)
def test_what_can_never_be_a_source_is_not_waited_for(spec: str, place: Path) -> None:
    (place / "text.mp4").write_text("no video " * 1000)
    with pytest.raises(UnusableSourceError) as caught:
        open_source(CameraSettings(source=spec.format(place=place)))
    assert "\n" not in str(caught.value)


LATE = {
    "a number": "97",
    "a device": "/dev/video97",
    "a link of udev": "/dev/camera97",
    "a link by its name": "/dev/v4l/by-id/usb-none",
    "a folder": "/nowhere/pictures",
    "a folder that is empty": "{place}/empty",
    "pictures of a folder": "{place}/empty/*.jpg",
    "a picture in the network": "http://127.0.0.1:9/a.jpg",
    "a stream": "http://127.0.0.1:9/stream.mjpg",
}


@pytest.mark.parametrize("spec", LATE.values(), ids=LATE)
def test_what_may_come_later_is_waited_for(spec: str, place: Path) -> None:
    (place / "empty").mkdir()
    with pytest.raises(SourceError) as caught:
        open_source(CameraSettings(source=spec.format(place=place)))
    assert not isinstance(caught.value, UnusableSourceError)


NAMES = {
    "a number": ("0", "camera /dev/video0"),
    "auto": ("auto", "camera (auto)"),
    "a stream": ("rtsp://me:secret@h/x", "stream rtsp://***@h/x"),
    "a folder": ("/nowhere/pictures", "files /nowhere/pictures"),
}


@pytest.mark.parametrize(("spec", "name"), NAMES.values(), ids=NAMES)
def test_a_source_has_a_name_before_it_was_opened(spec: str, name: str) -> None:
    assert source_name(spec) == name


@pytest.mark.parametrize("spec", ["", "demmo", "/nowhere/at/all.mp4", "~nosuchuser/x", "-1"])
def test_anything_else_is_told_what_was_expected(spec: str) -> None:
    with pytest.raises(SourceError, match=r"Expected: device \(0, /dev/video0\), video file, folder"):
        open_source(CameraSettings(source=spec))


def cameras(monkeypatch: pytest.MonkeyPatch, found: Mapping[str, Source | Exception]) -> None:
    def build(spec: str, **options: object) -> Source:
        camera = found[spec]
        if isinstance(camera, Exception):
            raise camera
        return camera

    monkeypatch.setattr(module, "device_paths", lambda: list(found))
    monkeypatch.setattr(module, "DeviceSource", build)


def test_auto_is_the_demo_where_there_is_no_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    cameras(monkeypatch, {})
    said: list[str] = []
    assert open_source(CameraSettings(source="auto"), warn=said.append).spec == "demo"
    assert said == []


def test_auto_is_the_first_camera_that_delivers(monkeypatch: pytest.MonkeyPatch) -> None:
    silent, good = FakeSource([]), FakeSource([Frame(picture())])
    cameras(monkeypatch, {"/dev/video0": SourceError("busy."), "/dev/video1": silent, "/dev/video2": good})
    said: list[str] = []
    chosen = open_source(CameraSettings(source="auto"), warn=said.append)
    assert not good.closed.is_set()
    assert chosen is good
    assert said == ["Source auto: busy.", "Source auto: The fake camera delivers no more frames."]
    assert silent.closed.is_set()


def test_once_a_camera_was_there_auto_waits_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    cameras(monkeypatch, {})
    with pytest.raises(SourceError, match="No camera delivers pictures"):
        open_source(CameraSettings(source="auto"), may_be_demo=False)


def test_the_demo_of_auto_gives_way_to_a_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, Source | Exception] = {}
    cameras(monkeypatch, found)
    demo = open_source(CameraSettings(source="auto", fps=1000))
    found["/dev/video3"] = camera = FakeSource([Frame(picture())])
    deadline = time.monotonic() + 20.0
    while demo.read() is not None:
        assert time.monotonic() < deadline
    assert demo.successor is camera


HAS = {
    "none": ({}, False),
    "one that opens and never delivers": ({"/dev/video0": FakeSource([])}, False),
    "one that is busy": ({"/dev/video0": SourceError("busy.")}, False),
    "one that delivers": ({"/dev/video1": FakeSource([Frame(picture())])}, True),
}


@pytest.mark.parametrize(("found", "has"), HAS.values(), ids=HAS)
def test_a_machine_has_a_camera_where_auto_would_take_one(
    found: dict[str, Any], has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cameras(monkeypatch, found)
    assert bringup.has_camera() is has
    assert all(camera.closed.is_set() for camera in found.values() if isinstance(camera, FakeSource))
