# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A window of OpenCV, closed by its button; where none can open, one clear line says why."""

from __future__ import annotations

import importlib.util
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2

from vfrt_ros.cli.command import CommandError
from vfrt_ros.core.report.lettering import Picture
from vfrt_ros.core.types.region import Box

ELSEWHERE = "use the browser (`vfrt panel`), `vfrt watch`, or a shell on a desktop"
_WAIT_MS = 15
LEAST_DRAG = 5
"""Pixels of a side of a box; a smaller one is a click."""


class ViewWindow:
    """One window. All of it belongs to the main thread, as its toolkit demands."""

    def __init__(self, title: str) -> None:
        """
        Raises:
            CommandError: There is no display, or this OpenCV has no windows.
        """
        _quiet_qt()
        self._title = title
        self._start: tuple[int, int] | None = None
        self._drawn: Box | None = None
        self.drawing: Box | None = None
        """The box that the mouse draws now, in pixels of the window."""
        # Held until Qt has its own: a server that loses its last client may start anew and refuse the next.
        connection = check_display()
        try:
            # Qt now and then paints nothing in a window of free size that is resized before it was shown.
            cv2.namedWindow(title, cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)
            cv2.setMouseCallback(title, self._follow_mouse)
        except cv2.error as error:
            raise CommandError(
                f"This OpenCV ({cv2.__version__}) was built without windows: install opencv-python in place of "
                f"opencv-python-headless, or {ELSEWHERE}."
            ) from error
        finally:
            if connection:
                connection.close()

    def show(self, picture: Picture) -> None:
        """Show this picture; the window takes its size."""
        cv2.imshow(self._title, picture)

    def wait_key(self) -> int:
        """The next key as `waitKeyEx` gives it, -1 where none comes soon; the window lives meanwhile."""
        return int(cv2.waitKeyEx(_WAIT_MS))

    def take_box(self) -> Box | None:
        """The box that the mouse has drawn since the last call, in pixels of the window; None = none."""
        box, self._drawn = self._drawn, None
        return box

    def _follow_mouse(self, event: int, x: int, y: int, *_: Any) -> None:
        """OpenCV calls this from `wait_key`."""
        if event == cv2.EVENT_LBUTTONDOWN:
            self._start = (x, y)
        if self._start is None:
            return
        self.drawing = between(self._start, (x, y))
        if event == cv2.EVENT_LBUTTONUP:
            self._drawn, self._start, self.drawing = self.drawing, None, None

    @property
    def closed(self) -> bool:
        """Whether the person closed it by its button."""
        try:
            return float(cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE)) < 1
        except cv2.error:  # what GTK says of a window that is gone
            return True

    def close(self) -> None:
        """Take it down."""
        cv2.destroyAllWindows()


def between(one: tuple[int, int], other: tuple[int, int]) -> Box | None:
    """The box between two corners; None where it is too small to be meant.

    >>> str(between((90, 20), (10, 60))), between((5, 5), (6, 99))
    ('10,20,80,40', None)
    """
    (x, y), (u, v) = one, other
    box = Box(min(x, u), min(y, v), abs(x - u), abs(y - v))
    return box if min(box.width, box.height) >= LEAST_DRAG else None


def check_display(environment: Mapping[str, str] = os.environ) -> socket.socket | None:
    """See that there is a display, since Qt aborts the whole process where there is none.

    Returns:
        The connection that showed it; None where it is Wayland's, which takes no such connection.

    Raises:
        CommandError: No display can be had; says what to use instead.
    """
    display = environment.get("DISPLAY", "")
    if not display:
        if environment.get("WAYLAND_DISPLAY") and "QT" not in cv2.currentUIFramework():
            return None
        raise CommandError(f"There is no display here (DISPLAY is not set): {ELSEWHERE}.")
    for family, address in _addresses(display):
        end = socket.socket(family, socket.SOCK_STREAM)
        end.settimeout(2.0)
        try:
            end.connect(address)
            return end
        except OSError:
            end.close()
    raise CommandError(f"The display '{display}' (DISPLAY) does not answer: {ELSEWHERE}.")


def _addresses(display: str) -> list[tuple[socket.AddressFamily, Any]]:
    """Where an X server of this name, `host:number.screen`, may listen."""
    host, _, rest = display.rpartition(":")
    number = rest.partition(".")[0]
    if not number.isdecimal():
        return []
    if host not in ("", "unix"):
        return [(socket.AF_INET, (host, 6000 + int(number)))]
    path = f"/tmp/.X11-unix/X{number}"
    return [(socket.AF_UNIX, "\0" + path), (socket.AF_UNIX, path)]


def _quiet_qt() -> None:
    """Give OpenCV's own Qt a folder of fonts; it looks for one that its wheel lacks, and complains at length."""
    spec = importlib.util.find_spec("matplotlib")
    if spec and spec.origin:
        fonts = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
        os.environ.setdefault("QT_QPA_FONTDIR", str(fonts))
