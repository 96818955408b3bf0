# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A display without a screen (Xvfb), and hands on it (xdotool)."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess

import numpy as np
import pytest
from fixtures.waiting import wait_for
from PIL import ImageGrab, features

NEEDED = {"Xvfb": "xvfb", "xdotool": "xdotool"}
"""Programs, and the Debian packages that bring them."""
_KEY_MS = "120"


class XDisplay:
    """Owns one Xvfb; a context manager.

    Without a window manager the keyboard has to be given to a window by hand.
    """

    def __init__(self, size: str = "1024x768x24") -> None:
        """
        Raises:
            pytest.skip.Exception: A program that it needs is not installed.
        """
        missing = [package for program, package in NEEDED.items() if not shutil.which(program)]
        if missing:
            pytest.skip(f"no windows without them: apt install {' '.join(missing)}")
        if not features.check("xcb"):
            pytest.skip("this Pillow cannot look at an X display")
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp", "-noreset"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._server.stdout is not None
        self.name = f":{self._server.stdout.readline().strip()}"

    def __enter__(self) -> XDisplay:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(10.0)

    @property
    def environment(self) -> dict[str, str]:
        """For a program that is to use this display."""
        return {**os.environ, "DISPLAY": self.name}

    def find(self, process: int, title: str) -> int:
        """Wait for a process's window; returns its number."""
        found: list[int] = []

        def look() -> bool:
            words = ("search", "--all", "--pid", str(process), "--name", title)
            found[:] = [int(number) for number in self._xdotool(*words).split()]
            return bool(found)

        wait_for(look, f"the window '{title}'", 60.0)
        return found[-1]

    def focus(self, window: int) -> None:
        """Give a window the keyboard."""
        wait_for(lambda: self._focused(window), "the keyboard", 20.0)

    def show_again(self, window: int) -> None:
        """Hide a window and show it, as minimising and restoring does."""
        self._xdotool("windowunmap", "--sync", str(window))
        self._xdotool("windowmap", "--sync", str(window))

    def press(self, *keys: str) -> None:
        """Press keys by their X11 names, at the pace of a hand."""
        self._xdotool("key", "--delay", _KEY_MS, *keys)

    def type(self, text: str) -> None:
        """Type lower-case letters, blanks, commas and equals signs."""
        names = {" ": "space", ",": "comma", "=": "equal"}
        self.press(*(names.get(letter, letter) for letter in text))

    def drag(self, window: int, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Draw with the left button from one place of a window to another, in its pixels, at the pace of a hand."""
        x, y = (start[0] + end[0]) // 2, (start[1] + end[1]) // 2
        self._xdotool(
            "mousemove", "--window", str(window), *map(str, start), "mousedown", "1", "sleep", "0.3"
        )
        self._xdotool("mousemove", "--window", str(window), str(x), str(y), "sleep", "0.3")
        self._xdotool("mousemove", "--window", str(window), *map(str, end), "sleep", "0.3", "mouseup", "1")

    def picture(self) -> np.ndarray:
        """What is on the screen, (H, W, 3) uint8 RGB."""
        return np.asarray(ImageGrab.grab(xdisplay=self.name).convert("RGB"))

    def close_by_button(self, window: int) -> None:
        """What a window manager does when somebody presses a window's button to close it."""
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        x11.XInternAtom.restype = ctypes.c_ulong
        display = ctypes.c_void_p(x11.XOpenDisplay(self.name.encode()))
        atoms = [x11.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")]
        event = _Event(client=_ClientMessage(33, 0, 1, display, window, atoms[0], 32, (atoms[1], 0, 0, 0, 0)))
        x11.XSendEvent(display, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(event))
        x11.XCloseDisplay(display)

    def _focused(self, window: int) -> bool:
        self._xdotool("windowfocus", str(window))
        return self._xdotool("getwindowfocus").strip() == str(window)

    def _xdotool(self, *arguments: str) -> str:
        command = ["xdotool", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True).stdout


class _ClientMessage(ctypes.Structure):
    """XClientMessageEvent of Xlib.h."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
    ]


class _Event(ctypes.Union):
    """XEvent of Xlib.h."""

    _fields_ = [("client", _ClientMessage), ("pad", ctypes.c_long * 24)]
