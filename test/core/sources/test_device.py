# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

import cv2
import pytest
from core.sources.fakes import FakeCapture, picture

from vfrt_ros.core.sources.device import DeviceSource, check_device, device_path, is_device
from vfrt_ros.core.sources.next_frame import MOST_MISSES
from vfrt_ros.core.types.errors import SourceError


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


@pytest.mark.parametrize("miss", [None, cv2.error("select timeout")], ids=["no picture", "OpenCV raises"])
def test_a_read_that_fails_now_and_then_closes_nothing(miss: object) -> None:
    capture = FakeCapture([picture(1), miss, picture(2), *[miss] * (MOST_MISSES - 1), picture(3)])
    camera = device(capture)
    frames = [camera.read() for _ in range(3)]
    assert [frame.image[0, 0, 0] for frame in frames if frame] == [1, 2, 3]
    assert capture.released == 0
    with pytest.raises(SourceError):
        camera.read()


DEVICES = {
    "a number": ("0", True),
    "a path": ("/dev/video0", True),
    "a link of udev": ("/dev/camera00", True),
    "a link by its name": ("/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920-video-index0", True),
    "a link in a folder": ("/dev/robot/front", True),
    "a link elsewhere": ("{folder}/eye", True),
    "a file in RAM": ("/dev/shm/film.mp4", False),
    "a file": ("{folder}/film.mp4", False),
    "nothing": ("{folder}/nothing", False),
    "no path": ("a" * 5000, False),
}


@pytest.mark.parametrize(("spec", "yes"), DEVICES.values(), ids=DEVICES)
def test_what_is_a_device(spec: str, yes: bool, tmp_path: Path) -> None:
    (tmp_path / "eye").symlink_to("/dev/null")
    (tmp_path / "film.mp4").touch()
    assert is_device(spec.format(folder=tmp_path)) is yes


def test_a_link_is_followed_each_time_it_is_opened(tmp_path: Path) -> None:
    link = tmp_path / "camera00"
    for target in ("/dev/null", "/dev/zero"):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        capture = FakeCapture([picture()])
        assert device(capture, spec=str(link)).name == f"camera {link}"
        assert capture.opened_with is not None and capture.opened_with[0] == target


def test_a_link_that_leads_nowhere_says_where(tmp_path: Path) -> None:
    (tmp_path / "camera00").symlink_to("/dev/video987")
    with pytest.raises(SourceError, match=r"no device .*camera00 \(a link to /dev/video987\)"):
        check_device(str(tmp_path / "camera00"))


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
