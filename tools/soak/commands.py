# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt` commands one after another beside running nodes, each of which has to find its node."""

from __future__ import annotations

import subprocess
import sys
import threading

COMMAND_S = 40.0


class Commands:
    """Runs `vfrt labels` again and again in a thread of its own, which alone writes `failures`.

    Args:
        every: Seconds between the beginnings of two commands.
    """

    def __init__(self, every: float) -> None:
        self.run = 0
        self.failures: list[str] = []
        self._every = every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="commands", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the command that runs now."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(2 * COMMAND_S)

    def _go_on(self) -> None:
        while not self._stopped.is_set():
            self._run_one()
            self._stopped.wait(self._every)

    def _run_one(self) -> None:
        command = [sys.executable, "-m", "vfrt_ros.cli", "labels", "--json"]
        self.run += 1
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_S, check=False)
        except subprocess.TimeoutExpired:
            self.failures.append(f"no answer within {COMMAND_S:.0f} s")
            return
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines()
            self.failures.append(lines[-1] if lines else f"it ended with {done.returncode}")
