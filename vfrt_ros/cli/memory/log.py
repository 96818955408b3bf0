# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt memory log`: who taught what, when."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from vfrt_ros.cli.memory.node import MemoryNode
from vfrt_ros.cli.memory.place import chosen_file, opened
from vfrt_ros.cli.memory.sharing import is_by_node
from vfrt_ros.cli.outcome import Outcome
from vfrt_ros.core.memory.folded_log import LogEntry
from vfrt_ros.core.types.errors import MemoryInUseError


def log(arguments: argparse.Namespace) -> Outcome:
    """Every operation, oldest first; the node that has the file open is asked for a copy."""
    if is_by_node(arguments):
        return _of_node(MemoryNode(arguments))
    path = chosen_file(arguments)
    try:
        with opened(path) as memory:
            return _told(memory.log(), memory.robot)
    except MemoryInUseError as error:
        return _of_node(MemoryNode(arguments, path, error))


def _of_node(node: MemoryNode) -> Outcome:
    robot = node.info()[1].robot
    with TemporaryDirectory(prefix="vfrt-log-") as folder:
        copy = Path(folder) / "memory.db"
        copy.write_bytes(node.backup())
        with opened(copy) as memory:
            return _told(memory.log(), robot)


def _told(entries: Sequence[LogEntry], robot: str) -> Outcome:
    facts = [
        {"id": str(entry.id), "robot": entry.id.robot, "time": entry.time, "kind": entry.kind.value}
        | {"what": entry.what, "in_force": entry.in_force}
        for entry in entries
    ]
    return Outcome("\n".join(_lines(entries, robot)), {"robot": robot, "operations": facts})


def _lines(entries: Sequence[LogEntry], robot: str) -> list[str]:
    if not entries:
        return ["Nothing was done yet."]
    ids = max(len(str(entry.id)) for entry in entries)
    return [f"This memory is robot {robot}.", f"{'when':<19}  {'operation':<{ids}}  what"] + [
        f"{datetime.fromtimestamp(entry.time):%Y-%m-%d %H:%M:%S}  {entry.id!s:<{ids}}  {entry.what}"
        + ("" if entry.in_force else " (taken back)")
        for entry in entries
    ]
