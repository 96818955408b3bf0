# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt fleet`: a server on this machine, and how a fleet stands."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fixtures.fleet import Robot, Server, agree, free_port, running_server
from fixtures.waiting import wait_for

from vfrt_ros.core.types.encoder_identity import EncoderIdentity

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "server") as server:
        yield server


@pytest.fixture
def desk(server: Server) -> Iterator[Robot]:
    robot = Robot("desk", server)
    yield robot
    robot.close()


def test_status_shows_robots_their_newest_operations_and_who_is_there(
    vfrt: Any, server: Server, desk: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, other = (
        Robot("door", server),
        Robot("other", server, encoder=EncoderIdentity("other", "f" * 16, 64)),
    )
    for seed in range(3):
        desk.teach("cup", seed)
    door.teach("dog", 9)
    other.teach("hat", 8)
    agree(desk, door, operations=4)
    wait_for(lambda: other.exchange.status.waiting == 0, "the other's publication")
    door.close()
    other.close()
    monkeypatch.setenv("VFRT_FLEET_URL", server.url)
    monkeypatch.setenv("VFRT_FLEET_NAME", "test")
    silent = Robot("silent", server)
    wait_for(lambda: silent.exchange.status.waiting == 0, "one that has published nothing")
    told = vfrt("fleet", "status", "--json").json
    rows = {row["name"]: row for row in told["robots"]}
    assert (rows["desk"]["newest"], rows["desk"]["online"], rows["desk"]["lag"]) == (3, True, 0)
    assert (rows["door"]["newest"], rows["door"]["online"], rows["door"]["lag"]) == (1, False, None)
    assert (rows["silent"]["newest"], rows["silent"]["online"]) == (0, True)
    assert rows["desk"]["robot"] == desk.memory.robot
    assert rows["other"]["space"] == "f" * 16 != rows["desk"]["space"]
    assert (told["stream"]["messages"], told["stream"]["replicas"], told["server"]["cluster"]) == (5, 1, "")
    text = vfrt("fleet", "status").out
    silent.close()
    assert text.count("encoder's space") == 2 and "desk" in text and "5 messages" in text


def test_a_fleet_that_has_shared_nothing_says_so(vfrt: Any, server: Server) -> None:
    done = vfrt("fleet", "status", "--url", server.url, "--fleet", "empty")
    assert (done.status, "shared anything yet" in done.out) == (0, True)


def test_a_server_that_is_not_there_is_one_line(vfrt: Any) -> None:
    done = vfrt("fleet", "status", "--url", f"nats://127.0.0.1:{free_port()}")
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert "cannot be asked" in done.err


def test_a_node_without_a_fleet_is_one_line(vfrt: Any, fake: Any) -> None:
    done = vfrt("fleet", "status")
    assert (done.status, done.err.count("\n")) == (1, 1)


def test_serve_says_what_robots_need_and_ends_with_ctrl_c(server: Server, tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "vfrt_ros.cli", "fleet", "serve", "--port", str(port)]
    environment = {**os.environ, "ROS_HOME": str(tmp_path / "ros")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        url = f"nats://127.0.0.1:{port}"
        assert f"VFRT_FLEET_URL={url} vfrt live" in lines[2]
        robot = Robot("desk", server, url=url)
        robot.teach("cup", 1)
        wait_for(lambda: robot.exchange.status.waiting == 0, "the publication")
        robot.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 130)
    assert (tmp_path / "ros/vfrt/fleet/jetstream").is_dir()


def test_a_server_for_other_machines_asks_for_a_token_that_it_makes(
    monkeypatch: pytest.MonkeyPatch, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from vfrt_ros.cli.main import main

    started: list[Any] = []

    def become(*arguments: Any) -> None:
        started.append(arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr("os.execv", become)
    port = str(free_port())
    main(["fleet", "serve", "--host", "0.0.0.0", "--port", port, "--store", str(tmp_path / "fleet")])
    token = (tmp_path / "fleet/token").read_text().strip()
    assert len(token) >= 32 and token not in capsys.readouterr().out
    config = tmp_path / "fleet/server.conf"
    assert token in config.read_text() and stat.S_IMODE(config.stat().st_mode) == 0o600
    assert "-c" in started[0][1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--port", "0"), "--port"),
        (("--host", "203.0.113.5"), "Nothing can listen"),
        (("--port", "99999"), "--port"),
    ],
)
def test_where_nothing_can_listen_is_wrong_usage(
    vfrt: Any, server: Server, options: tuple[str, ...], words: str
) -> None:
    done = vfrt("fleet", "serve", *options)
    assert (done.status, words in done.err) == (2, True)


def test_a_port_that_is_taken_is_said(vfrt: Any, server: Server) -> None:
    done = vfrt("fleet", "serve", "--port", str(server.port))
    assert (done.status, "already in use" in done.err) == (2, True)
