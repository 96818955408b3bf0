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


from nodes.node_process import NodeProcess

pytestmark = pytest.mark.ros

SERVER = "fast-discovery-server"
PANEL = """
import threading
from vfrt_msgs.srv import ListLabels
from vfrt_ros.client.ros_client import RosClient
with RosClient() as link:
    for _ in range(300):
        if link.is_there("/recognition"):
            break
        threading.Event().wait(0.05)
    print("code", link.call("/recognition", ListLabels, ListLabels.Request()).code)
"""


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
def camera_and_recognition(server: None, tmp_path: Path) -> Iterator[None]:
    """Both nodes, in processes of their own."""
    names = ("camera_node", ("-p", "source:=demo")), ("recognition_node", ("-p", "backbone:=fake"))
    common = ("-p", 'memory_path:=":memory:"', "-r", "image:=camera/image_raw")
    running = []
    try:
        for name, arguments in names:
            more = common if name == "recognition_node" else ()
            running.append(NodeProcess(tmp_path, name, *arguments, *more))
        running[-1].wait_for_output("Ready")
        yield
    finally:
        for process in running:
            process.kill()


COMMANDS = {
    "a service": (["-m", "vfrt_ros.cli", "labels"], "Nothing learned yet"),
    "a topic": (["-m", "vfrt_ros.cli", "watch", "--count", "1"], "unknown"),
    "the panel's link": (["-c", PANEL], "code 0"),
}


# Each in a process of its own: Fast DDS keeps the server for all later participants of a process.
@pytest.mark.usefixtures("camera_and_recognition")
@pytest.mark.parametrize(("command", "said"), COMMANDS.values(), ids=COMMANDS)
def test_they_find_it(command: list[str], said: str) -> None:
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=60.0)
    assert (done.returncode, said in done.stdout) == (0, True), done.stdout + done.stderr
