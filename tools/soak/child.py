# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A node as a process, and what it holds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory and handles of a process at a moment.

    Attributes:
        time: Seconds since the start of the trial.
        memory: Resident memory in MB.
        handles: Open files and sockets.
        threads: Threads.
    """

    time: float
    memory: float
    handles: int
    threads: int


class Child:
    """A node as a process; its output goes to a file.

    Args:
        module: Of the node, for `python -m`.
        given: What follows `--ros-args`.
        environment: Variables beside those of this process.
        log: Where its output goes.
    """

    def __init__(self, module: str, given: list[str], environment: dict[str, str], log: Path) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("VFRT_")}
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, "--ros-args", *given],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**inherited, **environment},
            )
        self.name = module.rpartition(".")[2]
        self._proc = Path("/proc") / str(self._process.pid)

    @property
    def alive(self) -> bool:
        """True until it ends."""
        return self._process.poll() is None

    def sample(self, time: float) -> Sample:
        """Take a sample now.

        Raises:
            OSError: It has ended, or this is not Linux.
        """
        status = dict(line.split(":", 1) for line in (self._proc / "status").read_text().splitlines())
        handles = len(os.listdir(self._proc / "fd"))  # noqa: PTH208 (each entry vanishes as it is looked at)
        return Sample(time, int(status["VmRSS"].split()[0]) / 1024, handles, int(status["Threads"]))

    def end(self, timeout: float = 20.0) -> int:
        """Ask it to end as Ctrl-C does; its exit status, or -9 where it had to be killed."""
        if self.alive:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
