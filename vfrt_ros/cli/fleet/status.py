# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt fleet status`: robots, their newest operations, and who has not read all of them yet."""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

from vfrt_ros.cli.answer import aligned, to_json
from vfrt_ros.cli.command import OK, CommandError, node_address
from vfrt_ros.core.types.counted import counted
from vfrt_ros.fleet.settings import FleetSettings, fleet_settings
from vfrt_ros.fleet.survey import RobotStatus, Survey, survey

_NAMES = ("fleet_url", "fleet_name", "fleet_credentials", "robot_name")


def status(arguments: argparse.Namespace) -> int:
    """Ask the server that the options, the variables of this shell, or the running node name."""
    settings = _settings(arguments)
    found = survey(settings)
    print(to_json(_facts(settings, found)) if arguments.json else "\n".join(_lines(settings, found)))
    return OK


def _settings(arguments: argparse.Namespace) -> FleetSettings:
    values = {name: os.environ.get(f"VFRT_{name.upper()}", "") for name in _NAMES}
    values |= {"fleet_url": arguments.url or values["fleet_url"]}
    if not values["fleet_url"]:
        values = _of_node(arguments)
    return fleet_settings(
        values["fleet_url"],
        arguments.fleet or values["fleet_name"] or "default",
        arguments.credentials or values["fleet_credentials"],
        values["robot_name"],
    )


def _of_node(arguments: argparse.Namespace) -> dict[str, str]:
    """The fleet's settings of the running node.

    Raises:
        CommandError: It is in no fleet.
    """
    address = node_address(arguments)
    from vfrt_ros.cli.set import current
    from vfrt_ros.client.node_client import NodeClient

    with NodeClient(address) as client:
        values = {name: str(current(client, name).value or "") for name in _NAMES}
    if not values["fleet_url"]:
        raise CommandError(f"{address} is in no fleet: its fleet_url is empty. Name a server with --url.")
    return values


def _facts(settings: FleetSettings, found: Survey) -> dict[str, Any]:
    return {
        "ok": True,
        "fleet": settings.fleet,
        "server": {"url": found.url, "version": found.version, "cluster": found.cluster},
        "stream": {"messages": found.messages, "bytes": found.bytes, "replicas": found.replicas},
        "robots": [
            {"name": robot.sender.name, "robot": robot.sender.robot, "space": robot.sender.space}
            | {"newest": robot.newest, "time": robot.time or None, "online": robot.online, "lag": robot.lag}
            for robot in found.robots
        ],
    }


def _lines(settings: FleetSettings, found: Survey) -> list[str]:
    where = f"in the cluster {found.cluster}" if found.cluster else "alone"
    lines = [f"fleet {settings.fleet} at {found.url}: nats-server {found.version}, {where}"]
    if not found.robots:
        return [*lines, "No robot has shared anything yet."]
    copies = "one copy" if found.replicas == 1 else f"{found.replicas} copies"
    lines.append(f"{counted(found.messages, 'message')}, {found.bytes / 1e6:.1f} MB, {copies}")
    spaces = sorted({robot.sender.space for robot in found.robots})
    for space in spaces:
        lines += ["", f"encoder's space {space}"] if len(spaces) > 1 else [f"encoder's space {space}"]
        lines += _table([robot for robot in found.robots if robot.sender.space == space])
    return lines


def _table(robots: list[RobotStatus]) -> list[str]:
    rows = [("robot", "id", "newest", "when", "reads", "lag")]
    for robot in robots:
        when = _ago(time.time() - robot.time) if robot.time else "-"
        lag = "-" if robot.lag is None else str(robot.lag)
        reads = "yes" if robot.online else "no"
        rows.append((robot.sender.name, robot.sender.robot, str(robot.newest or "-"), when, reads, lag))
    return aligned(rows)


def _ago(seconds: float) -> str:
    """A span in words, coarse."""
    for unit, length in (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0)):
        if seconds >= length:
            return f"{counted(int(seconds / length), unit)} ago"
    return f"{max(0, round(seconds))} s ago"
