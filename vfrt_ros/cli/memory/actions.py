# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The sub-commands of `vfrt memory`."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vfrt_ros.cli.command import FAILED, OK, CommandError, check_backbone_option
from vfrt_ros.cli.memory.info import info
from vfrt_ros.cli.memory.log import log
from vfrt_ros.cli.memory.node import MemoryNode
from vfrt_ros.cli.memory.place import (
    CommandResult,
    alone,
    checked,
    chosen_file,
    opened,
    own_place,
    shell_settings,
    size_of,
)
from vfrt_ros.cli.memory.sharing import export, import_, is_by_node
from vfrt_ros.core.memory.database import Journal, in_words
from vfrt_ros.core.memory.inspect_file import FileState, inspect
from vfrt_ros.core.memory.memory import HISTORY_DEPTH
from vfrt_ros.core.memory.new_file import refuse_existing, write_new
from vfrt_ros.core.memory.recovery import copy_path
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import MemoryInUseError


def check(arguments: argparse.Namespace) -> CommandResult:
    """Both files, each on its own; nothing is mended."""
    path = chosen_file(arguments)
    found: list[dict[str, Any]] = []
    with in_words("check", path), alone(path):
        for place in (path, copy_path(path)):
            report = inspect(place, Journal.WRITE_AHEAD, lambda notice: None)
            operations = len(report.file.heads()) if report.file else 0
            version = report.file.version if report.file else None
            report.close()
            found.append(
                {"path": str(place), "state": report.state.value, "fault": report.fault, "version": version}
                | {"operations": operations}
            )
    lines = [
        f"{one['path']}: {one['state']}"
        + (
            f", {counted(one['operations'], 'operation')}, change {one['version']}"
            if one["version"] is not None
            else ""
        )
        + (f" ({one['fault']})" if one["fault"] else "")
        for one in found
    ]
    good, absent = FileState.GOOD.value, FileState.MISSING.value
    whole = found[0]["state"] == good and found[1]["state"] in (good, absent)
    if not whole:
        lines.append("The next start uses the newest good one and keeps what is damaged under another name.")
    elif found[1]["state"] == absent:
        lines.append("The next start makes the copy.")
    return CommandResult("\n".join(lines), {"files": found}, OK if whole else FAILED)


def backup(arguments: argparse.Namespace) -> CommandResult:
    """A copy, history included, of the file or by the node that has it open."""
    target: Path = arguments.target
    if is_by_node(arguments):
        return _save(MemoryNode(arguments), target)
    path = chosen_file(arguments)
    try:
        with opened(path) as memory:
            memory.backup(target)
            version = memory.version
    except MemoryInUseError as error:
        return _save(MemoryNode(arguments, path, error), target)
    return _backed_up(target, str(path), version)


def _save(node: MemoryNode, target: Path) -> CommandResult:
    """Write the node's backup to a new file."""
    refuse_existing(target)
    data = node.backup()
    write_new(target, lambda file: file.write(data))
    with contextlib.closing(inspect(target, Journal.ROLL_BACK, lambda notice: None)) as found:
        if found.file is None:
            raise CommandError(f"What {node.address} sent to {target} is damaged: {found.fault}.")
        version = found.file.version
    return _backed_up(target, node.address, version)


def _backed_up(target: Path, origin: str, version: int) -> CommandResult:
    size = target.stat().st_size
    return CommandResult(
        f"Wrote {target} ({size / 2**20:.1f} MiB, change {version}), from {origin}.",
        {"path": str(target), "from": origin, "bytes": size, "version": version},
    )


def reembed(arguments: argparse.Namespace) -> CommandResult:
    """A memory for another encoder."""
    from tqdm import tqdm

    from vfrt_ros.core.encoders import load_encoders
    from vfrt_ros.core.factory import encoder_settings, identity_of
    from vfrt_ros.core.memory import reembed as work

    check_backbone_option(arguments.backbone)
    path = chosen_file(arguments)
    with opened(path) as memory:
        examples, prompts, before = memory.examples.taught(), dict(memory.prompts), memory.encoder
    backbone = load_encoders(**encoder_settings(shell_settings(arguments.backbone))).backbone
    identity = identity_of(backbone)
    if identity.owns(before):
        raise CommandError(f"{path} belongs to {before} already: choose another one with --backbone.")
    target = checked(arguments.to) or own_place(backbone.id)
    with tqdm(total=len(examples), desc="re-embedding", unit="picture", disable=None, leave=False) as bar:
        done = work.reembed(examples, prompts, backbone, identity, target, bar.update)
    resumed = f" ({done.resumed} were done before)" if done.resumed else ""
    left_out = f"; {done.left_out} left out, as they have no picture" if done.left_out else ""
    return CommandResult(
        f"Wrote {target} for {backbone.id}: "
        f"{counted(done.examples, 'example')}{resumed}{left_out}. {path} is as it was.",
        {"path": str(target), "encoder": backbone.id, "examples": done.examples}
        | {"resumed": done.resumed, "left_out": done.left_out},
    )


def compact(arguments: argparse.Namespace) -> CommandResult:
    """Less room on the disk."""
    with opened(chosen_file(arguments)) as memory:
        before = size_of(memory)
        depth = 0 if arguments.drop_history else HISTORY_DEPTH
        dropped = memory.compact(depth=depth)
    after = size_of(memory)
    lost = f" Dropped for good: {counted(dropped, 'example')}." if dropped else ""
    reach = (
        f"Undo reaches the last {depth} changes." if depth else "Undo reaches nothing that was done so far."
    )
    return CommandResult(
        f"{memory.path} and its copy take {after / 2**20:.1f} MiB; before, {before / 2**20:.1f} MiB.{lost} {reach}",
        {"path": str(memory.path), "bytes_before": before, "bytes": after, "dropped": dropped},
    )


ACTIONS: dict[str, Callable[[argparse.Namespace], CommandResult]] = {
    "info": info,
    "log": log,
    "check": check,
    "backup": backup,
    "export": export,
    "import": import_,
    "reembed": reembed,
    "compact": compact,
}
