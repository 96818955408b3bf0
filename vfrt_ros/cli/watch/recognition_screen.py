# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Where recognitions are shown: something that is redrawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from vfrt_ros.cli.watch.recognition_line import line, markup

CAMERA_WIDTH = 10


class _Console(Console):
    """A console that leaves it to the command what a closed pipe means."""

    def on_broken_pipe(self) -> None:
        """Called by rich while it handles a BrokenPipeError."""
        raise


class Screen:
    """A terminal that is redrawn, or a file or pipe that gets lines."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or _Console(highlight=False)
        self._live = Live(console=self.console, auto_refresh=False) if self.console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._live.stop()


class RecognitionScreen(Screen):
    """Shows recognitions and, above them, what there is to say. Any thread may call `show` and `say`.

    Of several cameras a terminal shows a row each; elsewhere each line begins with the camera's name.
    """

    def __init__(
        self,
        console: Console | None = None,
        *,
        seconds: float = 0.0,
        draw: Callable[[Any], Any] = markup,
        alone: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            draw: What a terminal shows of a recognition of the only camera, for rich.
            alone: One camera is shown, though there are several.
            seconds: Off a terminal, a recognition like its camera's last one is left out until so many have passed.
        """
        super().__init__(console)
        self._seconds = seconds
        self._draw = draw
        self._alone = alone
        self._clock = clock
        self._remark = ""
        self._last: dict[str, tuple[tuple[str, int], float]] = {}
        self._newest: dict[str, Any] = {}

    def show(self, recognition: Any) -> None:
        """Show what was recognised last."""
        remark = f"  {self._remark}" if self._remark else ""
        if self._live:
            self._live.update(self._drawn(recognition, remark), refresh=True)
        elif self._is_news(recognition.camera, (recognition.label, recognition.reason)):
            camera = f"{recognition.camera:<{CAMERA_WIDTH}} " if recognition.camera else ""
            self.console.print(Text(camera + line(recognition) + remark), soft_wrap=True)

    def remark(self, text: str) -> None:
        """Say this behind each recognition from now on; empty = nothing."""
        self._remark = text

    def say(self, text: str, style: str = "") -> None:
        """Print a line that stays."""
        self.console.print(Text(text, style=style), soft_wrap=True)

    def wait(self, text: str) -> None:
        """Say what is waited for, where the recognitions will be."""
        if self._live:
            self._live.update(Text(text, style="dim"), refresh=True)
        else:
            self.say(text)

    def _drawn(self, recognition: Any, remark: str) -> Any:
        if recognition.camera and not self._alone:
            self._newest[recognition.camera] = recognition
            rows = camera_rows(list(self._newest.values()))
            return Group(rows, Text(remark, style="bold red")) if remark else rows
        drawn = self._draw(recognition)
        if remark and isinstance(drawn, Text):
            drawn.append(remark, style="bold red")
        return drawn

    def _is_news(self, camera: str, answer: tuple[str, int]) -> bool:
        now = self._clock()
        last, due = self._last.get(camera, (None, 0.0))
        if answer == last and now < due:
            return False
        self._last[camera] = answer, now + self._seconds
        return True


def camera_rows(recognitions: Iterable[Any]) -> Table:
    """A table of a row for each camera, sorted by its name.

    Args:
        recognitions: vfrt_msgs/Recognition, one of each camera.
    """
    rows = Table(box=None, pad_edge=False, show_header=False)
    rows.add_column(no_wrap=True, style="bold")
    rows.add_column(no_wrap=True, overflow="ellipsis")
    for recognition in sorted(recognitions, key=lambda one: one.camera):
        rows.add_row(Text(recognition.camera), markup(recognition))
    return rows
