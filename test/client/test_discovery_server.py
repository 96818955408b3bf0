# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Clients of a node that only a discovery server tells of."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from cli.fake_recognition import FakeRecognition, known_cat
from nodes.conftest import wait_for

from vfrt_msgs.msg import Recognition
from vfrt_msgs.srv import ListLabels
from vfrt_ros.client.node_client import NodeClient
from vfrt_ros.client.ros_link import RosLink

pytestmark = [pytest.mark.ros, pytest.mark.usefixtures("patient")]

SERVER = "fast-discovery-server"


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def libraries() -> str:
    """Where the server's libraries are: those of ROS from wheels are beside it, those of a sourced ROS are known."""
    lib = Path(sys.prefix) / "lib"
    return os.pathsep.join(
        [
            str(lib),
            *map(str, lib.glob("python3*/site-packages/*.libs")),
            os.environ.get("LD_LIBRARY_PATH", ""),
        ]
    )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server, and an environment in which every new participant is its client."""
    program, port = shutil.which(SERVER), free_port()
    if program is None:
        pytest.skip(f"{SERVER} is not installed")
    process = subprocess.Popen(
        [program, "-i", "0", "-l", "127.0.0.1", "-p", str(port)],
        env={**os.environ, "LD_LIBRARY_PATH": libraries()}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        if "running" not in first:
            pytest.skip(f"{SERVER} does not start here: {first.strip()}")
        monkeypatch.setenv("ROS_DISCOVERY_SERVER", f"127.0.0.1:{port}")
        yield
    finally:
        process.terminate()
        process.wait(10.0)


@pytest.fixture
def fake(server: None) -> Iterator[FakeRecognition]:
    node = FakeRecognition()
    yield node
    node.close()


def test_its_services_are_found(fake: FakeRecognition) -> None:
    with NodeClient("/recognition") as client:
        assert client.call(ListLabels, ListLabels.Request()).code == ListLabels.Response.OK


def test_the_panel_reaches_its_services(fake: FakeRecognition) -> None:
    with RosLink() as link:
        wait_for(lambda: link.is_there("/recognition"), "the node")
        assert link.call("/recognition", ListLabels, ListLabels.Request()).code == ListLabels.Response.OK


def test_its_topics_are_found(fake: FakeRecognition) -> None:
    fake.publish_always(known_cat())
    heard: list[Recognition] = []
    with NodeClient("/recognition") as client:
        assert client.subscribe(Recognition, heard.append) == "/recognition"
        assert client.spin(lambda: bool(heard), 15.0)
