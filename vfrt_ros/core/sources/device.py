# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Cameras of this machine."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import cv2

from vfrt_ros.core.sources.capture import Capture, OpenCapture, open_capture
from vfrt_ros.core.sources.next_frame import next_frame
from vfrt_ros.core.sources.source import Frame, Source
from vfrt_ros.core.types.errors import SourceError

_VGA = 640 * 480
_MEMORY_FILES = "/dev/shm/"
"""Files and folders in RAM, the only ones below /dev that are not devices."""


def device_paths() -> list[str]:
    """The video devices of a Linux machine, in the order of their numbers; elsewhere none."""
    found = [str(path) for path in Path("/dev").glob("video*") if re.fullmatch(r"video\d+", path.name)]
    return sorted(found, key=lambda path: (len(path), path))


def device_path(spec: str) -> str:
    """The path that an index stands for on Linux; anything else as it is."""
    return f"/dev/video{spec}" if spec.isdecimal() and sys.platform.startswith("linux") else spec


def is_device(spec: str) -> bool:
    """Whether a text means a camera: a number, any path below /dev (udev's links), or a link to a device.

    >>> is_device("0"), is_device("/dev/camera00"), is_device("/dev/shm/film.mp4"), is_device("film.mp4")
    (True, True, False, False)
    """
    if spec.isdecimal():
        return True
    if spec.startswith("/dev/") and not spec.startswith(_MEMORY_FILES):
        return True
    try:
        return stat.S_ISCHR(Path(spec).expanduser().stat().st_mode)
    except (OSError, ValueError, RuntimeError):  # nothing there, or what no path can be
        return False


class DeviceSource(Source):
    """A camera, asked for a size and a rate; what it really gives may differ.

    Raises:
        SourceError: There is no such device, it may not be used, or it is busy; says which and what to do.
    """

    live = True

    def __init__(
        self,
        spec: str,
        *,
        size: tuple[int, int],
        fps: float,
        capture: OpenCapture = open_capture,
        check: Callable[[str], None] | None = None,
    ) -> None:
        path = device_path(str(Path(spec).expanduser()) if spec.startswith("~") else spec)
        super().__init__(spec, f"camera {path}")
        (check or check_device)(path)
        self._path = path
        backend = cv2.CAP_V4L2 if sys.platform.startswith("linux") else cv2.CAP_ANY
        self._capture = capture(_device_behind(path), backend)
        if not self._capture.isOpened():
            self.close()
            raise SourceError(
                f"Camera {path} cannot be opened: another program may be using it, or it delivers no video."
            )
        _request(self._capture, size, fps)
        self.fps = max(0.0, self._capture.get(cv2.CAP_PROP_FPS))

    def read(self, since: float = 0.0) -> Frame | None:
        """The next frame of the camera; see `Source.read`."""
        return Frame(next_frame(self._capture, f"Camera {self._path}"))

    def close(self) -> None:
        """Give the device back."""
        self._capture.release()


def _device_behind(path: str) -> str:
    """Where a link of udev leads at this moment: the number may be another one each time."""
    return os.path.realpath(path) if path.startswith("/") and Path(path).is_symlink() else path


def _request(capture: Capture, size: tuple[int, int], fps: float) -> None:
    """Ask for size and rate; large pictures come at full rate over USB only as MJPEG."""
    if size[0] * size[1] > _VGA:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
    capture.set(cv2.CAP_PROP_FPS, fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)


def check_device(path: str) -> None:
    """Refuse a device path that cannot work.

    Raises:
        SourceError: It isn't there (names those that are), or this user may not read and write it.
    """
    if not path.startswith("/"):
        return
    if not Path(path).exists():
        there = ", ".join(device_paths()) or "none (source demo needs no camera)"
        leads = f" (a link to {os.path.realpath(path)})" if Path(path).is_symlink() else ""
        raise SourceError(f"There is no device {path}{leads}. Cameras on this machine: {there}.")
    if not os.access(path, os.R_OK | os.W_OK):
        raise SourceError(
            f"No permission for {path}. Add this user to its group, then log in again: "
            "sudo usermod -aG video $USER"
        )
