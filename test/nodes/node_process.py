# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A node in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from fixtures.waiting import wait_for


class NodeProcess:
    """`python -m vfrt_ros.nodes.<module>` in a process group of its own, its output in a file.

    Args:
        folder: For the output and as ROS_HOME.
        module: `camera_node` or `recognition_node`.
        arguments: After `--ros-args`.
        environment: More variables.
    """

    def __init__(self, folder: Path, module: str, *arguments: str, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / f"{module}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"vfrt_ros.nodes.{module}", "--ros-args", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "ROS_HOME": str(folder / "ros_home"), **environment},
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """What it wrote so far."""
        return self._log.read_text(errors="replace")

    def wait_for_output(self, words: str) -> None:
        """Wait until it wrote these words."""
        wait_for(lambda: words in self.output or self._process.poll() is not None, words, 60.0)
        assert words in self.output, self.output

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def status(self, timeout: float = 20.0) -> int:
        """The exit status, once it has ended."""
        return self._process.wait(timeout)

    @property
    def left_behind(self) -> bool:
        """Whether a process of its group still runs."""
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        """End it whatever it does; a test that fails then shows what it wrote."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(10.0)
        print(self.output)
