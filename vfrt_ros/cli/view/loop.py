# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The loop of `vfrt view` between the person and the link: pictures one way, keys the other."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vfrt_ros.cli.view.keys import Act, Keyboard, Wish, read_key
from vfrt_ros.cli.view.picture import ViewScene, draw_scene, in_overlay
from vfrt_ros.core.report.lettering import Picture
from vfrt_ros.core.types.region import Box

if TYPE_CHECKING:
    from vfrt_ros.cli.view.link import ViewLink
    from vfrt_ros.cli.view.window import ViewWindow

NOTICE_SECONDS = 6.0
MOST_NOTICES = 4


class ViewLoop:
    """Runs in the main thread, which the window belongs to."""

    def __init__(
        self,
        window: ViewWindow,
        link: ViewLink,
        label: str = "",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            label: What the key r registers without asking; empty = it asks.
        """
        self._window = window
        self._link = link
        self._clock = clock
        self._keyboard = Keyboard(label)
        self._notices: list[tuple[float, str]] = []
        self._shown: tuple[Picture | None, ViewScene] | None = None
        self._picture: Picture | None = None
        self._drawn: Box | None = None

    def run(self) -> None:
        """Until the key q, or the window is closed."""
        self._say(["h shows the keys"])
        while not self._window.closed or self._shown is None:
            if self._link.failure:
                raise self._link.failure
            self._collect()
            self._refresh()
            wish = self._keyboard.press(read_key(self._window.wait_key()))
            self._point()
            if wish and wish.act is Act.QUIT:
                return
            if wish:
                self._ask(wish)

    def _refresh(self) -> None:
        """Draw, if anything is another than before."""
        overlay, scene = self._link.picture, self._scene()
        if self._shown is None or overlay is not self._shown[0] or scene != self._shown[1]:
            self._picture = draw_scene(overlay, scene)
            self._window.show(self._picture)
            self._shown = (overlay, scene)

    def _point(self) -> None:
        """Ask for the label of a box that was drawn."""
        if drawn := self._window.take_box():
            box = in_overlay(drawn, self._link.picture, self._picture)
            if box is not None:
                self._keyboard.point(box)
                self._drawn = drawn

    def _scene(self) -> ViewScene:
        now = self._clock()
        lines = tuple(line for until, line in self._notices if until > now)
        entry = self._keyboard.entry
        box = self._window.drawing or (self._drawn if entry and entry.box else None)
        return ViewScene(self._link.trouble, entry, self._keyboard.help, lines, box)

    def _ask(self, wish: Wish) -> None:
        self._say([f"{wish.act.value} {wish.text}".strip() + " …"])
        self._link.ask(wish)

    def _collect(self) -> None:
        try:
            while True:
                self._say(self._link.notices.get_nowait())
        except queue.Empty:
            pass

    def _say(self, lines: list[str]) -> None:
        until = self._clock() + NOTICE_SECONDS
        self._notices = [*self._notices, *((until, line) for line in lines)][-MOST_NOTICES:]
