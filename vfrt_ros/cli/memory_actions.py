"""What each sub-command of `vfrt memory` does."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from vfrt_ros.cli.command import FAILED, OK, CommandError
from vfrt_ros.cli.memory_place import (
    alone,
    chosen_file,
    opened,
    own_place,
    path_of,
    shell_settings,
    size_of,
)
from vfrt_ros.cli.memory_sharing import export, import_
from vfrt_ros.cli.outcome import Outcome
from vfrt_ros.core.counted import counted
from vfrt_ros.core.memory.database import Journal, in_words
from vfrt_ros.core.memory.look import State, look
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.record import SCHEMA_VERSION, Loaded
from vfrt_ros.core.memory.recovery import copy_path


def info(arguments: argparse.Namespace) -> Outcome:
    """Where the memory is and what is in it."""
    with opened(chosen_file(arguments)) as memory:
        history = memory.history()
        facts = {
            "path": str(memory.path),
            "format": SCHEMA_VERSION,
            "encoder": memory.owner.encoder_id,
            "fingerprint": memory.owner.fingerprint,
            "dim": memory.owner.dim,
            "version": memory.version,
            "examples": len(memory),
            "labels": {
                label: {
                    "examples": memory.count(label),
                    "negatives": memory.negatives(label),
                    "prompts": list(memory.prompts[label]) if label in memory.prompts else None,
                }
                for label in memory.labels
            },
            "undo_steps": sum(not undone for _, undone in history),
            "redo_steps": sum(undone for _, undone in history),
            "bytes": size_of(memory),
            "copy": str(copy_path(path_of(memory))) if memory.has_copy else None,
            "set_aside": sorted(
                str(p) for p in path_of(memory).parent.glob(f"{path_of(memory).name}*.damaged-*")
            ),
            "notices": list(memory.notices),
        }
        text = _info_text(facts, memory)
    return Outcome(text, facts)


def check(arguments: argparse.Namespace) -> Outcome:
    """Both files, each on its own; nothing is mended."""
    path = chosen_file(arguments)
    found: list[dict[str, Any]] = []
    with in_words("check", path), alone(path):
        for place in (path, copy_path(path)):
            file = look(place, Journal.WRITE_AHEAD, lambda notice: None)
            examples = len(file.book.load().examples) if file.book else 0
            version = file.book.version if file.book else None
            file.close()
            found.append(
                {"path": str(place), "state": file.state.value, "fault": file.fault, "version": version}
                | {"examples": examples}
            )
    lines = [
        f"{one['path']}: {one['state']}"
        + (
            f", {counted(one['examples'], 'example')}, change {one['version']}"
            if one["version"] is not None
            else ""
        )
        + (f" ({one['fault']})" if one["fault"] else "")
        for one in found
    ]
    good, absent = State.GOOD.value, State.MISSING.value
    whole = found[0]["state"] == good and found[1]["state"] in (good, absent)
    if not whole:
        lines.append("The next start uses the newest good one and keeps what is damaged under another name.")
    elif found[1]["state"] == absent:
        lines.append("The next start makes the copy.")
    return Outcome("\n".join(lines), {"files": found}, OK if whole else FAILED)


def backup(arguments: argparse.Namespace) -> Outcome:
    """A copy, history included."""
    with opened(chosen_file(arguments)) as memory:
        memory.backup(arguments.target)
    size = arguments.target.stat().st_size
    return Outcome(
        f"Wrote {arguments.target} ({size / 2**20:.1f} MiB, change {memory.version}).",
        {"path": str(arguments.target), "bytes": size, "version": memory.version},
    )


def reembed(arguments: argparse.Namespace) -> Outcome:
    """A memory for another encoder."""
    from tqdm import tqdm

    from vfrt_ros.core.encoders import load_encoders
    from vfrt_ros.core.memory import reembed as work
    from vfrt_ros.core.opening import encoder_settings

    path = chosen_file(arguments)
    with opened(path) as memory:
        source, owner = Loaded(tuple(memory.examples()), memory.prompts, memory.version), memory.owner
    backbone = load_encoders(**encoder_settings(shell_settings(arguments.backbone))).backbone
    if backbone.fingerprint == owner.fingerprint:
        raise CommandError(f"{path} belongs to {owner} already: choose another one with --backbone.")
    target = arguments.to or own_place(backbone.id)
    with tqdm(
        total=len(source.examples), desc="re-embedding", unit="picture", disable=None, leave=False
    ) as bar:
        done = work.reembed(source, backbone, target, bar.update)
    Memory(work.Owner(backbone.id, backbone.fingerprint, backbone.dim), target).close()
    resumed = f" ({done.resumed} were done before)" if done.resumed else ""
    left_out = f"; {done.left_out} left out, as they have no picture" if done.left_out else ""
    return Outcome(
        f"Wrote {target} for {backbone.id}: "
        f"{counted(done.examples, 'example')}{resumed}{left_out}. {path} is as it was.",
        {"path": str(target), "encoder": backbone.id, "examples": done.examples}
        | {"resumed": done.resumed, "left_out": done.left_out},
    )


def compact(arguments: argparse.Namespace) -> Outcome:
    """Less room on the disk."""
    with opened(chosen_file(arguments)) as memory:
        before = size_of(memory)
        memory.compact(drop_history=arguments.drop_history)
    after = size_of(memory)
    return Outcome(
        f"{memory.path} and its copy take {after / 2**20:.1f} MiB; before, {before / 2**20:.1f} MiB.",
        {"path": str(memory.path), "bytes_before": before, "bytes": after},
    )


ACTIONS: dict[str, Callable[[argparse.Namespace], Outcome]] = {
    "info": info,
    "check": check,
    "backup": backup,
    "export": export,
    "import": import_,
    "reembed": reembed,
    "compact": compact,
}


def _info_text(facts: dict[str, Any], memory: Memory) -> str:
    width = max([len("label"), *(len(label) for label in memory.labels)])
    lines = [
        f"{facts['path']} ({facts['bytes'] / 2**20:.1f} MiB with its copy), format {facts['format']}",
        f"encoder {memory.owner}",
        f"change {facts['version']}; {counted(facts['undo_steps'], 'step')} to undo, {facts['redo_steps']} to redo",
        f"{counted(facts['examples'], 'example')}, {counted(len(memory.labels), 'label')}",
    ]
    if memory.labels:
        lines.append(f"{'label':<{width}}  examples  negatives  prompts")
    for label in memory.labels:
        prompts = memory.prompts.get(label)
        words = "-" if prompts is None else "templates" if not prompts else str(len(prompts))
        lines.append(f"{label:<{width}}  {memory.count(label):>8}  {memory.negatives(label):>9}  {words:>7}")
    lines += [f"set aside: {path}" for path in facts["set_aside"]]
    return "\n".join(lines)
