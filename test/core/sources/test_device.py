from __future__ import annotations

import os
from pathlib import Path

import cv2
import pytest
from core.sources.fakes import FakeCapture, picture

from vfrt_ros.core.errors import SourceError
from vfrt_ros.core.sources.device import DeviceSource, check_device, device_path


def device(capture: FakeCapture, spec: str = "0", size: tuple[int, int] = (640, 480)) -> DeviceSource:
    return DeviceSource(spec, size=size, fps=30, capture=capture, check=lambda path: None)


def test_size_rate_and_no_queue_are_asked_for() -> None:
    capture = FakeCapture([picture()])
    source = device(capture)
    assert capture.properties[cv2.CAP_PROP_FRAME_WIDTH] == 640
    assert capture.properties[cv2.CAP_PROP_FRAME_HEIGHT] == 480
    assert capture.properties[cv2.CAP_PROP_BUFFERSIZE] == 1
    assert cv2.CAP_PROP_FOURCC not in capture.properties
    assert source.fps == 30
    assert source.live


def test_large_pictures_are_asked_for_as_mjpeg() -> None:
    capture = FakeCapture([picture()])
    device(capture, size=(1280, 720))
    assert capture.properties[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"MJPG")


def test_frames_are_of_this_moment() -> None:
    frame = device(FakeCapture([picture(9)])).read()
    assert frame is not None
    assert frame.time is None
    assert (frame.image == 9).all()


@pytest.mark.parametrize(
    "frames", [[], [None], [cv2.error("select timeout")]], ids=["nothing", "no picture", "OpenCV raises"]
)
def test_a_camera_that_goes_is_an_error(frames: list[object]) -> None:
    with pytest.raises(SourceError, match=r"(Camera|camera) (/dev/video)?0 "):
        device(FakeCapture(frames)).read()


def test_a_busy_camera_is_an_error_and_is_released() -> None:
    capture = FakeCapture([], opened=False)
    with pytest.raises(SourceError, match="another program may be using it"):
        device(capture)
    assert capture.released == 1


def test_a_device_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(SourceError, match=r"no device /dev/video987\. Cameras on this machine: "):
        check_device("/dev/video987")


def test_no_permission_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(SourceError, match="usermod -aG video"):
        check_device(str(tmp_path))


def test_an_index_is_a_path_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert device_path("3") == "/dev/video3"
    assert device_path("/dev/v4l/by-id/usb-cam") == "/dev/v4l/by-id/usb-cam"
    monkeypatch.setattr("sys.platform", "darwin")
    assert device_path("3") == "3"
