# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Two network namespaces joined by a cable: two hosts, as far as the middleware can tell.

Namespaces without a name live as long as a process in them, and these end with the test: nothing is left behind.
Without root, a user namespace of our own gives the rights, where the system allows one.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

NETWORK = "10.213.7"
_PR_SET_PDEATHSIG = 1


class Program:
    """A process whose output goes to a file; it ends with this one."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_parent,
            )

    @property
    def output(self) -> str:
        """What it wrote so far."""
        return self._log.read_text(errors="replace")

    def tell(self, line: str) -> None:
        """Write to its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def kill(self) -> None:
        """End it whatever it does; a test that fails then shows what it wrote."""
        self._process.kill()
        self._process.wait(10.0)
        print(self.output[-3000:])


class Host:
    """A network namespace with one end of the cable.

    Args:
        enter: Command line that runs another one inside.
        address: Of its end.
    """

    def __init__(self, enter: Sequence[str], address: str) -> None:
        self._enter = list(enter)
        self.address = address

    def command(self, *command: str) -> list[str]:
        """The command line that runs this one on the host."""
        return [*self._enter, *command]

    def run(self, *command: str, timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*command), capture_output=True, text=True, timeout=timeout, check=False
        )

    def start(self, log: Path, *command: str) -> Program:
        """Start a command that goes on."""
        return Program(self.command(*command), log)

    def set_cable(self, state: str) -> None:
        """Plug the cable in (`up`) or out (`down`)."""
        assert self.run("ip", "link", "set", "cable", state).returncode == 0
        if state == "up":  # the kernel forgets the route with the link
            self.run("ip", "route", "replace", "224.0.0.0/4", "dev", "cable")


class TwoHosts:
    """A context manager.

    Raises:
        OSError: The machine does not allow it; says what failed.
    """

    def __init__(self) -> None:
        self._holders: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            within: list[str] = []
            if os.geteuid():
                user = self._hold(["unshare", "--user", "--map-root-user"])
                within = ["nsenter", f"--user=/proc/{user}/ns/user", "--preserve-credentials"]
            first, second = (self._hold([*within, "unshare", "--net"]) for _ in range(2))
            self.first, self.second = (
                Host([*(within or ["nsenter"]), f"--net=/proc/{pid}/ns/net"], f"{NETWORK}.{number}")
                for number, pid in ((1, first), (2, second))
            )
            self._lay_cable(second)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for holder in self._holders:
            holder.kill()
            holder.wait(10.0)

    def _hold(self, unshare: list[str]) -> int:
        """A process in a namespace of its own; its number."""
        holder = subprocess.Popen(
            [*unshare, "sh", "-c", "echo; exec sleep 3600"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=end_with_parent,
        )
        self._holders.append(holder)
        assert holder.stdout is not None
        assert holder.stderr is not None
        if not holder.stdout.readline():
            raise OSError(holder.stderr.read().decode().strip() or f"{unshare} failed")
        return holder.pid

    def _lay_cable(self, other: int) -> None:
        peer = ["peer", "name", "cable", "netns", str(other)]
        steps = [(self.first, ["ip", "link", "add", "cable", "type", "veth", *peer])]
        for host in (self.first, self.second):
            steps += [
                (host, ["ip", "link", "set", "lo", "up"]),
                (host, ["ip", "address", "add", f"{host.address}/24", "dev", "cable"]),
                (host, ["ip", "link", "set", "cable", "up"]),
                (host, ["ip", "route", "replace", "224.0.0.0/4", "dev", "cable"]),
            ]
        for host, step in steps:
            done = host.run(*step)
            if done.returncode:
                raise OSError(f"{' '.join(step)}: {done.stderr.strip()}")


def end_with_parent() -> None:
    """To be called in a child before it becomes its program: the kernel ends it with its parent."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
