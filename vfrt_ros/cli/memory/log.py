# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt memory log`: who taught what, when."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from vfrt_ros.cli.answer import aligned
from vfrt_ros.cli.memory.node import MemoryNode
from vfrt_ros.cli.memory.place import CommandResult, chosen_file, opened, untold
from vfrt_ros.cli.memory.sharing import is_by_node
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.operation_log import LogEntry
from vfrt_ros.core.types.errors import MemoryInUseError


def log(arguments: argparse.Namespace) -> CommandResult:
    """Every operation, oldest first; the node that has the file open is asked for a copy."""
    if is_by_node(arguments):
        return _of_node(MemoryNode(arguments))
    path = chosen_file(arguments)
    try:
        with opened(path) as memory:
            return _told(memory, memory.robot)
    except MemoryInUseError as error:
        return _of_node(MemoryNode(arguments, path, error))


def _of_node(node: MemoryNode) -> CommandResult:
    robot = node.info()[1].robot
    with TemporaryDirectory(prefix="vfrt-log-") as folder:
        copy = Path(folder) / "memory.db"
        copy.write_bytes(node.backup())
        with untold(), opened(copy) as memory:
            return _told(memory, robot)


def _told(memory: Memory, robot: str) -> CommandResult:
    names, entries = memory.log.robot_names(), memory.log.entries()
    facts = [
        {"id": str(entry.id), "robot": entry.id.robot, "robot_name": names.get(entry.id.robot, "")}
        | {"time": entry.time, "kind": entry.kind.value}
        | {"what": entry.what, "in_force": entry.in_force}
        for entry in entries
    ]
    return CommandResult("\n".join(_lines(entries, robot, names)), {"robot": robot, "operations": facts})


def _lines(entries: Sequence[LogEntry], robot: str, names: Mapping[str, str]) -> list[str]:
    if not entries:
        return ["Nothing was done yet."]
    own = f", {names[robot]}" if robot in names else ""
    rows = [("when", "operation", "robot", "what")] + [
        (
            f"{datetime.fromtimestamp(entry.time):%Y-%m-%d %H:%M:%S}",
            str(entry.id),
            names.get(entry.id.robot, "-"),
            entry.what + ("" if entry.in_force else " (taken back)"),
        )
        for entry in entries
    ]
    shown = rows if names else [(when, key, what) for when, key, _, what in rows]
    return [f"This memory is robot {robot}{own}.", *aligned(shown)]
