# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The panel in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

_WAIT_SECONDS = 60.0


class PanelProcess:
    """`vfrt panel` on a free port, with more options where a test has them."""

    def __init__(self, log: Path, *options: str) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "vfrt_ros.cli", "panel", "--port", "0", *options],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    @property
    def output(self) -> str:
        """What it wrote so far."""
        return self._log.read_text(errors="replace")

    @property
    def address(self) -> str:
        """Where it says that it is, once it does."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while "http://" not in self.output:
            assert self._process.poll() is None, self.output
            assert time.monotonic() < deadline, f"no address: {self.output}"
            time.sleep(0.05)
        return "http://" + self.output.partition("http://")[2].split()[0]

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Wait for its end; its exit status."""
        return self._process.wait(_WAIT_SECONDS)

    def kill(self) -> None:
        """End it whatever it does."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_WAIT_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
