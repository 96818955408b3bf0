from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from core.sources.fakes import FakeSource, picture

from vfrt_ros.core.errors import SourceError
from vfrt_ros.core.settings import CameraSettings
from vfrt_ros.core.sources import open_source as module
from vfrt_ros.core.sources.demo import DemoSource
from vfrt_ros.core.sources.images import ImageSource
from vfrt_ros.core.sources.open_source import open_source
from vfrt_ros.core.sources.source import Frame, Source


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


def test_the_demo() -> None:
    assert isinstance(open_source(CameraSettings(source="demo")), DemoSource)


@pytest.mark.parametrize("spec", ["", "demmo", "/nowhere/at/all.mp4", "~nobody/x", "-1"])
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
