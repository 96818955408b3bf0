# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Doctor says that raw pictures of other hosts do not fit into a socket, where such are heard."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")

from vfrt_ros.cli.doctor.check_result import Level
from vfrt_ros.cli.doctor.machine import check_sockets

HEARD = {
    "by default": ({}, True),
    "a subnet": ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}, True),
    "this host alone": ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}, False),
    "in small letters": ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "localhost"}, False),
    "as older versions say it": ({"ROS_LOCALHOST_ONLY": "1"}, False),
    "nobody": ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "OFF"}, False),
    "peers by name": ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST", "ROS_STATIC_PEERS": "10.0.0.7"}, True),
}


@pytest.fixture
def limit(tmp_path: Path) -> Path:
    path = tmp_path / "rmem_max"
    path.write_text("212992\n")
    return path


@pytest.mark.parametrize(("environment", "is_heard"), HEARD.values(), ids=HEARD)
def test_it_is_said_where_other_hosts_are_heard(
    environment: dict[str, str], is_heard: bool, limit: Path
) -> None:
    found = check_sockets(environment, limit)
    assert [finding.level for finding in found] == [Level.NOTE] * is_heard
    assert all("net.core.rmem_max=4194304" in finding.todo for finding in found)


def test_room_enough_is_fine(limit: Path) -> None:
    limit.write_text("4194304\n")
    (finding,) = check_sockets({}, limit)
    assert finding.level is Level.OK


def test_a_system_that_does_not_tell_is_no_finding(tmp_path: Path) -> None:
    assert check_sockets({}, tmp_path / "nothing") == []
