# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Where recognitions are shown: something that is redrawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from vfrt_ros.cli.watch.recognition_line import line, markup


class _Console(Console):
    """A console that leaves it to the command what a closed pipe means."""

    def on_broken_pipe(self) -> None:
        """Called by rich while it handles a BrokenPipeError."""
        raise


class RecognitionScreen:
    """Shows recognitions and, above them, what there is to say. Any thread may call `show` and `say`."""

    def __init__(
        self,
        console: Console | None = None,
        *,
        seconds: float = 0.0,
        draw: Callable[[Any], Any] = markup,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            draw: What a terminal shows of a recognition, for rich.
            seconds: Off a terminal, a recognition like the last one is left out until so many have passed.
        """
        self.console = console or _Console(highlight=False)
        self._seconds = seconds
        self._draw = draw
        self._clock = clock
        self._remark = ""
        self._last: tuple[str, int] | None = None
        self._due = 0.0
        self._live = Live(console=self.console, auto_refresh=False) if self.console.is_terminal else None

    def __enter__(self) -> RecognitionScreen:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, recognition: Any) -> None:
        """Show what was recognised last."""
        remark = f"  {self._remark}" if self._remark else ""
        if self._live:
            drawn = self._draw(recognition)
            if remark and isinstance(drawn, Text):
                drawn.append(remark, style="bold red")
            self._live.update(drawn, refresh=True)
        elif self._is_news((recognition.label, recognition.reason)):
            self.console.print(Text(line(recognition) + remark), soft_wrap=True)

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

    def _is_news(self, answer: tuple[str, int]) -> bool:
        now = self._clock()
        if answer == self._last and now < self._due:
            return False
        self._last, self._due = answer, now + self._seconds
        return True
