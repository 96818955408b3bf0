# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A recognition node in a fleet: a real server, and a robot beside it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from fixtures.fleet import Robot, Server, running_server
from fixtures.pictures import picture
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.recognition_bench import RecognitionBench

from vfrt_ros.core.encoders.fake import FakeBackbone
from vfrt_ros.core.factory import identity_of
from vfrt_ros.core.memory.new_example import NewExample
from vfrt_ros.nodes.recognition_node import RecognitionNode
from vfrt_ros.nodes.self_starting_node import StartError

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]
RED = picture("red")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with running_server(tmp_path / "server") as server:
        monkeypatch.setenv("VFRT_BACKBONE", "fake")
        monkeypatch.setenv("VFRT_FLEET_URL", server.url)
        monkeypatch.setenv("VFRT_FLEET_NAME", "test")
        monkeypatch.setenv("VFRT_ROBOT_NAME", "node")
        yield server


@pytest.fixture
def robot(server: Server) -> Iterator[Robot]:
    robot = Robot("desk", server, encoder=identity_of(FakeBackbone()))
    yield robot
    robot.close()


@pytest.fixture
def bench(ros: Ros, robot: Robot) -> RecognitionBench:
    return RecognitionBench(ros)


def test_what_others_teach_counts_on_the_next_frame_and_the_other_way_round(
    bench: RecognitionBench, robot: Robot
) -> None:
    bench.show(RED)
    assert bench.call("register", label="cup", frames=1).code == 0
    robot.wait_for(1)
    seen = FakeBackbone().encode_images([RED[:, :, ::-1]])[0]
    robot.memory.relabel("cup", "mug")
    robot.memory.register("mug", [NewExample(seen, {})])
    wait_for(
        lambda: bench.infos and bench.infos[-1].state_hash == robot.state[0], "the memory's topic to follow"
    )
    assert bench.show(RED).candidates[0].label == "mug"
    assert bench.node._recogniser.memory.log.robot_names()[robot.memory.robot] == "desk"


def test_undo_of_another_robot_by_its_name(bench: RecognitionBench, robot: Robot) -> None:
    robot.teach("cup", 1)
    wait_for(lambda: bench.infos and bench.infos[-1].labels, "the label")
    unknown = bench.call("undo", robot="nobody")
    assert (unknown.code, "desk" in unknown.message) == (unknown.INVALID_REQUEST, True)
    assert bench.call("undo").code == unknown.NOTHING_TO_UNDO
    assert bench.call("undo", robot="desk").code == unknown.OK
    robot.wait_for(2)
    assert robot.memory.labels == ()


def test_diagnostics_tell_of_the_fleet_and_the_node_works_on_without_it(
    bench: RecognitionBench, server: Server
) -> None:
    bench.hear_diagnostics()

    def fleet() -> tuple[str, dict[str, str]]:
        found = [status for status in bench.diagnostics if status.name == "recognition: fleet"]
        return (found[-1].message, {e.key: e.value for e in found[-1].values}) if found else ("", {})

    wait_for(lambda: fleet()[0] == "connected", "the connection")
    told = fleet()[1]
    assert (told["fleet"], told["robot"], told["server"]) == ("test", "node", server.url)
    server.stop(kill=True)
    wait_for(lambda: "cannot be used" in fleet()[0], "the loss")
    assert fleet()[1]["server"] == "not connected"
    bench.show(RED)
    assert bench.call("register", label="cup", frames=1).code == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FLEET_NAME", "two words"),
        ("ROBOT_NAME", "a.b"),
        ("FLEET_URL", "http://x"),
        ("FLEET_CREDENTIALS", "/nowhere"),
    ],
)
def test_what_no_fleet_can_work_with_refuses_the_start(
    ros: Ros, server: Server, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"VFRT_{name}", value)
    node = ros.add(RecognitionNode([]))
    with pytest.raises(StartError, match=name.lower()):
        node.start()


def test_without_a_fleet_its_client_is_not_even_imported() -> None:
    code = "import sys, vfrt_ros.nodes.recognition_node as n; n.FleetLink(); print('nats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr
