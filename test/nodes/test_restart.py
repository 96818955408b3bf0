# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Either node is killed and started again, in any order: the other goes on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

pytest.importorskip("rclpy")

from fixtures.pictures import picture
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.node_process import NodeProcess

from vfrt_msgs.msg import Recognition
from vfrt_msgs.srv import Register
from vfrt_ros.nodes import names, qos

pytestmark = pytest.mark.e2e
RECOGNITION = f"/{names.RECOGNITION_NODE}"


class Pair:
    """Both nodes as processes, and the answers that come."""

    def __init__(self, ros: Ros, folder: Path) -> None:
        self.ros = ros
        self._folder = folder
        pictures = folder / "pictures"
        pictures.mkdir()
        for variant in range(6):
            cv2.imwrite(str(pictures / f"{variant}.png"), picture("red", variant))
        self._arguments = {
            "camera_node": ("-p", f"source:={pictures}", "-p", "fps:=20.0", "-p", "size:=[128, 96]"),
            "recognition_node": ("-p", "backbone:=fake", "-r", f"image:={names.IMAGE_RAW}"),
        }
        self.running: dict[str, NodeProcess] = {}
        self.answers: list[Recognition] = []
        self.node = ros.node()
        self.node.create_subscription(Recognition, names.RECOGNITION, self.answers.append, qos.recognition())

    def start(self, name: str) -> None:
        process = NodeProcess(self._folder, name, *self._arguments[name])
        process.wait_for_output("Source: images" if name == "camera_node" else "Ready in")
        self.running[name] = process

    def kill(self, name: str) -> None:
        self.running[name].send(signal.SIGKILL)
        self.running[name].status()

    def sees(self) -> None:
        """Wait for answers that come from now on."""
        count = len(self.answers)
        wait_for(lambda: len(self.answers) >= count + 3, "recognitions", 30.0)


@pytest.fixture
def pair(ros: Ros, tmp_path) -> Iterator[Pair]:
    pair = Pair(ros, tmp_path)
    yield pair
    for process in pair.running.values():
        process.kill()


@pytest.mark.parametrize("first", ["camera_node", "recognition_node"])
def test_whoever_comes_first_and_whoever_is_killed(pair: Pair, first: str) -> None:
    second = ({"camera_node", "recognition_node"} - {first}).pop()
    pair.start(first)
    pair.start(second)
    pair.sees()
    done = pair.ros.call(pair.node, RECOGNITION, Register, "register", label="cup")
    assert (done.code, done.stored > 0) == (0, True)
    for name in (first, second):
        pair.kill(name)
        pair.start(name)
        pair.sees()
        other = second if name == first else first
        assert pair.running[other].output.count("Traceback") == 0
    wait_for(lambda: pair.answers[-1].label == "cup", "what was taught before the kill")
