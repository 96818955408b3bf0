# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Camera on one host, recognition on another, in two network namespaces that this test makes and that end with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")

from fixtures.waiting import wait_for
from network.two_hosts import Host, Program, TwoHosts

from vfrt_ros.nodes.camera_diagnostics import PUBLISHED
from vfrt_ros.nodes.loss_values import LOST, REPLACED

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="needs Linux"),
]

OBSERVER = Path(__file__).with_name("observer.py")
AGE = "age of the last result [ms]"
FRAMES = 40
ON_THE_WAY = 2
"""Frames after the last one that arrived: nothing later shows that they were lost."""


class System:
    """A camera on the first host; a recognition and an observer on the second."""

    def __init__(self, hosts: TwoHosts, folder: Path, transport: str) -> None:
        self.hosts = hosts
        self.camera = _node(hosts.first, folder, "camera_node", "-p", "source:=demo", "-p", "fps:=10.0")
        self.recognition = _node(
            hosts.second,
            folder,
            "recognition_node",
            *("-p", "backbone:=fake"),
            *("-p", f"image_transport:={transport}", "-r", "image:=camera/image_raw"),
        )
        self.observer = hosts.second.start(folder / "observer.log", sys.executable, str(OBSERVER))

    def close(self) -> None:
        for program in (self.observer, self.recognition, self.camera):
            program.kill()

    def told(self, node: str) -> list[dict[str, str]]:
        """The values that a node has told so far, oldest first."""
        lines = [line for line in self.observer.output.splitlines() if line.startswith("{")]
        # The last line may be half written.
        return [
            values for line in lines if line.endswith("}") and (values := json.loads(line))["node"] == node
        ]

    def count(self, key: str) -> int:
        """A number of the recognition node's newest report."""
        told = self.told("/recognition")
        return int(told[-1].get(key, "0")) if told else 0

    def settled(self) -> tuple[int, int, int]:
        """Frames published, arrived and told as lost, once both nodes tell the same twice from now on."""
        before = {name: len(self.told(name)) for name in ("/camera", "/recognition")}

        def fresh(name: str) -> list[Any]:
            keys = (PUBLISHED,) if name == "/camera" else ("frames received", REPLACED, LOST)
            return [[int(values[key]) for key in keys] for values in self.told(name)[before[name] :]]

        wait_for(
            lambda: all(len(told := fresh(name)) > 1 and told[-1] == told[-2] for name in before),
            "counts that stay",
            60.0,
        )
        received, replaced, lost = fresh("/recognition")[-1]
        return fresh("/camera")[-1][0], received + replaced, lost

    def turn(self, state: str) -> None:
        """Turn the camera on or off, and wait until it tells so."""
        self.observer.tell(state)
        wait_for(
            lambda: (told := self.told("/camera")) and ("source" in told[-1]) is (state == "on"),
            f"the camera to be {state}",
            60.0,
        )


def _node(host: Host, folder: Path, module: str, *arguments: str) -> Program:
    command = (sys.executable, "-m", f"vfrt_ros.nodes.{module}", "--ros-args", *arguments)
    return host.start(folder / f"{module}.log", *command)


@pytest.fixture(scope="module")
def hosts() -> Iterator[TwoHosts]:
    try:
        hosts = TwoHosts().__enter__()
    except OSError as error:
        pytest.skip(f"no two network namespaces here: {error}")
    yield hosts
    hosts.__exit__(None, None, None)


@pytest.fixture(params=["raw", "compressed"])
def system(
    request: pytest.FixtureRequest,
    hosts: TwoHosts,
    tmp_path: Path,
    lonely_domain: int,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[System]:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(lonely_domain))
    monkeypatch.setenv("ROS_HOME", str(tmp_path))
    for name in ("ROS_AUTOMATIC_DISCOVERY_RANGE", "ROS_LOCALHOST_ONLY", "ROS_STATIC_PEERS"):
        monkeypatch.delenv(name, raising=False)
    system = System(hosts, tmp_path, request.param)
    yield system
    system.close()


def test_each_frame_arrives_or_is_told_as_lost(system: System) -> None:
    wait_for(lambda: system.count("recognitions") >= 1, "a first recognition", 90.0)
    system.turn("off")
    before = system.settled()
    system.turn("on")
    goal = system.count("recognitions") + FRAMES
    wait_for(lambda: system.count("recognitions") >= goal, "recognitions", 90.0)
    system.turn("off")
    sent, arrived, lost = (late - early for late, early in zip(system.settled(), before, strict=True))
    assert sent >= FRAMES
    assert sent - ON_THE_WAY <= arrived + lost <= sent


def test_a_command_on_the_other_host_and_a_cable_that_is_cut_for_ten_seconds(system: System) -> None:
    wait_for(lambda: system.count("recognitions") >= 1, "a first recognition", 90.0)
    labels_are_told(system.hosts.first)
    system.hosts.first.set_cable("down")
    wait_for(lambda: system.count(AGE) >= 10_000, "ten seconds without a frame", 60.0)
    before = system.count("recognitions")
    system.hosts.first.set_cable("up")
    wait_for(lambda: system.count("recognitions") > before + 10, "frames after the cut", 60.0)
    labels_are_told(system.hosts.first)


def labels_are_told(host: Host) -> None:
    """`vfrt labels` finds the node; one that did not hear of it in time is asked again."""
    command = (sys.executable, "-m", "vfrt_ros.cli", "labels", "--json")
    wait_for(lambda: host.run(*command).returncode == 0, "a command's answer", 60.0)
