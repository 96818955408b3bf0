# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The processes of `vfrt live`: who ends them, with which status, and that none is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixtures.waiting import wait_for

from vfrt_ros.bringup import NodeStart
from vfrt_ros.cli.live import node_processes
from vfrt_ros.cli.live.children import Children
from vfrt_ros.cli.live.keeper import NodeEnded, NodeStarted
from vfrt_ros.cli.live.node_processes import NodeProcesses, command_line
from vfrt_ros.launch_arguments import CAMERA, RECOGNITION

READY = "import os, signal, sys, time; print('pid', os.getpid(), flush=True); "
WORKING = READY + "signal.pause()"
DYING = READY + "print('out of order', file=sys.stderr); sys.exit({})"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + READY + "time.sleep(60)"


class Run:
    """Runs children until one ends or, once all have said that they are ready, a signal is sent."""

    def __init__(
        self, *programs: str, then: signal.Signals | None = None, extras: tuple[str, ...] = ()
    ) -> None:
        self.pids: dict[str, int] = {}
        self.started = 0
        self._then = then
        commands = {f"node{number}": [sys.executable, "-c", code] for number, code in enumerate(programs)}
        self._count = len(commands)
        self._extras = extras
        self.told: list[str] = []
        self.processes = NodeProcesses(
            commands, show=self._take, started=self._start, extras=extras, again={"node1": "vfrt node1"}
        )
        self.status = self.processes.run()

    @property
    def left(self) -> list[int]:
        """The children that still run."""
        return [pid for pid in self.pids.values() if _runs(pid)]

    def _start(self) -> None:
        self.started += 1

    def _take(self, name: str, text: str) -> None:
        if text.startswith("pid "):
            self.pids[name] = int(text.split()[1])
        if text.startswith("The "):
            self.told.append(text)
        if self._then and len(self.pids) == self._count and len(self.told) == len(self._extras):
            os.kill(os.getpid(), self._then)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(autouse=True)
def same_handlers() -> Iterator[None]:
    """Signals are handled as before once the nodes have ended."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    assert [signal.getsignal(number) for number in numbers] == before


@pytest.mark.parametrize("status", [0, 3])
def test_a_node_that_ends_by_itself_ends_all_with_status_1(status: int) -> None:
    run = Run(WORKING, DYING.format(status))
    assert (run.status, run.processes.ended_by_itself) == (1, "node1")
    assert run.processes.last_lines("node1") == [f"pid {run.pids['node1']}", "out of order"]
    assert run.left == []


SIGNALS = {"Ctrl-C": (signal.SIGINT, 130), "SIGTERM": (signal.SIGTERM, 0), "hang-up": (signal.SIGHUP, 0)}


@pytest.mark.parametrize(("number", "status"), SIGNALS.values(), ids=SIGNALS)
def test_a_signal_ends_all(number: signal.Signals, status: int) -> None:
    run = Run(WORKING, WORKING, then=number)
    assert (run.status, run.processes.ended_by_itself) == (status, "")
    assert len(run.pids) == 2
    assert run.left == []


def test_a_node_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_processes, "KILL_WAIT", 0.5)
    run = Run(STUBBORN, then=signal.SIGINT)
    assert run.status == 130
    assert run.left == []


def test_a_node_that_writes_without_end_and_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_processes, "KILL_WAIT", 0.5)
    noisy = STUBBORN.replace("time.sleep(60)", "[print(0, flush=True) for _ in iter(int, 1)]")
    run = Run(noisy, then=signal.SIGINT)
    assert run.status == 130
    assert run.left == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux")
def test_a_node_whose_process_in_between_was_killed_has_ended() -> None:
    run = Run(WORKING, READY + "os.kill(os.getppid(), signal.SIGKILL); signal.pause()")
    assert (run.status, run.processes.ended_by_itself) == (1, "node1")
    assert run.processes.last_lines("node1")[-1] == "(ended by SIGKILL)"
    # Nobody may be there to bury the other one, whose parent is gone.
    assert run.pids["node0"] not in run.left


def test_a_signal_while_the_nodes_start_ends_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    start = Children.start

    def start_and_interrupt(children: Children) -> None:
        start(children)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Children, "start", start_and_interrupt)
    run = Run(WORKING, WORKING)
    assert (run.status, run.started, run.left) == (130, 0, [])


def test_all_are_started_once() -> None:
    assert Run(WORKING, WORKING, then=signal.SIGTERM).started == 1


def test_the_end_of_an_extra_is_told_once_and_ends_nothing_else() -> None:
    run = Run(WORKING, DYING.format(3), WORKING, then=signal.SIGTERM, extras=("node1",))
    assert (run.status, run.processes.ended_by_itself) == (0, "")
    assert run.told == ["The node1 has ended; the nodes go on. `vfrt node1` starts it again."]
    assert run.left == []


def test_an_extra_that_ends_before_the_others_have_started_is_told_too() -> None:
    told: list[str] = []
    commands = {"node": [sys.executable, "-c", ""], "panel": [sys.executable, "-c", ""]}
    processes = NodeProcesses(
        commands, show=lambda name, text: told.append(text), started=lambda: None, extras=("panel",)
    )
    processes._children.take(NodeStarted("panel", 2))
    processes._children.take(NodeEnded("panel", 1))
    processes._follow()
    assert told == []
    processes._children.take(NodeStarted("node", 1))
    processes._follow()
    assert told == ["The panel has ended; the nodes go on."], "nobody said how it is started again"


def test_only_the_last_lines_are_kept() -> None:
    run = Run("print(*range(100), sep='\\n')")
    assert run.processes.last_lines("node0") == [str(number) for number in range(88, 100)]


def test_the_command_line_of_a_node_has_remappings_namespace_and_arguments() -> None:
    start = NodeStart(node=RECOGNITION, ros_arguments=("-p", "k:=3"))
    assert command_line(start, "robot1") == [
        *(sys.executable, "-m", "vfrt_ros.nodes.recognition_node", "--ros-args"),
        *("-r", "image:=camera/image_raw", "-r", "__ns:=/robot1", "-p", "k:=3"),
    ]


def test_the_command_line_of_a_node_without_anything_special() -> None:
    expected = [sys.executable, "-m", "vfrt_ros.nodes.camera_node", "--ros-args"]
    assert command_line(NodeStart(node=CAMERA, ros_arguments=())) == expected


def test_the_end_of_a_node_is_no_end_of_an_extra() -> None:
    run = Run(DYING.format(3), WORKING, extras=("node1",))
    assert (run.status, run.told) == (1, [])


def test_a_node_that_a_signal_ended_says_which() -> None:
    run = Run(READY + "os.kill(os.getpid(), signal.SIGKILL)")
    assert run.processes.last_lines("node0")[-1] == "(ended by SIGKILL)"


LIVE = """
import sys
from vfrt_ros.cli.live import keeper
from vfrt_ros.cli.live.node_processes import NodeProcesses

keeper.PATIENCE_SECONDS = 1
commands = {str(number): [*sys.argv[1].split(), "-c", code] for number, code in enumerate(sys.argv[2:])}
NodeProcesses(commands, show=lambda name, text: print(text, flush=True), started=lambda: None).run()
"""
POLITE = (
    READY.replace("print", "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); print") + "time.sleep(60)"
)
KILLED = {
    "nodes that end when told": ([POLITE, POLITE], sys.executable, "the parent"),
    "a node that will not end": ([STUBBORN], sys.executable, "the parent"),
    "a node behind another program": ([POLITE], f"nice {sys.executable}", "the parent"),
    "with the processes in between": ([POLITE, POLITE], sys.executable, "all but the nodes"),
}


@pytest.mark.parametrize(("programs", "python", "whom"), KILLED.values(), ids=KILLED)
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux")
def test_nodes_end_with_a_parent_that_was_killed(programs: list[str], python: str, whom: str) -> None:
    live = subprocess.Popen(
        [sys.executable, "-c", LIVE, python, *programs], stdout=subprocess.PIPE, text=True
    )
    assert live.stdout is not None
    nodes = [int(live.stdout.readline().split()[1]) for _ in programs]
    between = [int(Path(f"/proc/{node}/stat").read_text().rpartition(")")[2].split()[1]) for node in nodes]
    for pid in [live.pid, *(between if whom != "the parent" else [])]:
        os.kill(pid, signal.SIGKILL)
    live.wait()
    wait_for(lambda: not any(map(_runs, [*nodes, *between])), "the end of all")
