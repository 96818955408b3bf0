# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt memory info`: of a memory's file, of an export, or by the node that has the file open."""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path
from typing import Any

from vfrt_ros.cli.answer import aligned
from vfrt_ros.cli.memory.node import MemoryNode
from vfrt_ros.cli.memory.place import CommandResult, chosen_file, opened, path_of, size_of
from vfrt_ros.cli.memory.sharing import is_by_node
from vfrt_ros.core.memory.bundle import read_bundle
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.merge import contents_of
from vfrt_ros.core.memory.recovery import copy_path
from vfrt_ros.core.memory.schema import SCHEMA_VERSION
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import MemoryInUseError


def info(arguments: argparse.Namespace) -> CommandResult:
    """Where the memory is and what is in it."""
    if is_by_node(arguments):
        return _of_node(MemoryNode(arguments))
    named: Path | None = arguments.file
    if named is not None and named.is_file() and zipfile.is_zipfile(named):
        return _of_export(named)
    path = chosen_file(arguments)
    try:
        with opened(path) as memory:
            return _of_file(memory)
    except MemoryInUseError as error:
        return _of_node(MemoryNode(arguments, path, error))


def _of_file(memory: Memory) -> CommandResult:
    path, history = path_of(memory), memory.log.history()
    labels = {
        label: {
            "examples": memory.table.count(label),
            "negatives": memory.table.negatives(label),
            "prompts": list(memory.prompts[label]) if label in memory.prompts else None,
        }
        for label in memory.labels
    }
    facts = {
        "path": str(path),
        "format": SCHEMA_VERSION,
        **_facts(memory.encoder),
        "version": memory.version,
        "robot": memory.robot,
        "state_hash": memory.state_hash(),
        "operations": len(memory.log.known()),
        "examples": len(memory),
        "labels": labels,
        "undo_steps": sum(not undone for _, undone in history),
        "redo_steps": sum(undone for _, undone in history),
        "bytes": size_of(memory),
        "copy": str(copy_path(path)) if memory.has_copy else None,
        "set_aside": sorted(str(p) for p in path.parent.glob(f"{path.name}*.damaged-*")),
        "notices": list(memory.notices),
    }
    undo, redo = facts["undo_steps"], facts["redo_steps"]
    return _told(
        [
            f"{path} ({facts['bytes'] / 2**20:.1f} MiB with its copy), format {SCHEMA_VERSION}",
            f"encoder {memory.encoder}",
            f"robot {memory.robot}, state {memory.state_hash()[:12]}, {counted(len(memory.log.known()), 'operation')}",
            f"change {memory.version}; {counted(undo, 'step')} to undo, {redo} to redo",
        ],
        facts,
        [f"set aside: {place}" for place in facts["set_aside"]],
    )


def _of_node(node: MemoryNode) -> CommandResult:
    """The facts that a running node tells; it does not tell the steps of its history."""
    path, told = node.info()
    encoder = EncoderIdentity(told.encoder_id, told.fingerprint, told.dimension)
    labels = {
        entry.label: {"examples": entry.examples, "negatives": entry.negatives, "prompts": entry.prompts}
        for entry in told.labels
    }
    facts = {
        "node": node.address,
        "path": str(path) if path else None,
        **_facts(encoder),
        "version": told.version,
        "robot": told.robot,
        "state_hash": told.state_hash,
        "examples": sum(entry.examples + entry.negatives for entry in told.labels),
        "labels": labels,
    }
    where = f"{path}, in use by {node.address}" if path else f"{node.address}, in RAM only"
    return _told(
        [
            where,
            f"encoder {encoder}",
            f"robot {told.robot}, state {told.state_hash[:12]}",
            f"change {told.version}",
        ],
        facts,
    )


def _of_export(path: Path) -> CommandResult:
    whole = read_bundle(path)
    bundle = contents_of(whole)
    labels: dict[str, dict[str, Any]] = {}
    for label in sorted({*bundle.prompts, *(example.label for example in bundle.examples)}):
        own = [example.negative for example in bundle.examples if example.label == label]
        prompts = list(bundle.prompts[label]) if label in bundle.prompts else None
        labels[label] = {"examples": own.count(False), "negatives": own.count(True), "prompts": prompts}
    facts = {"path": str(path), **_facts(bundle.encoder), "examples": len(bundle.examples), "labels": labels}
    facts["operations"] = len(whole.rows)
    size = f"{path.stat().st_size / 2**20:.1f} MiB"
    return _told(
        [f"{path} ({size}), an export: `vfrt memory import` adds it", f"encoder {bundle.encoder}"], facts
    )


def _facts(encoder: EncoderIdentity) -> dict[str, Any]:
    return {"encoder": encoder.encoder_id, "fingerprint": encoder.space, "dim": encoder.dim}


def _told(head: list[str], facts: dict[str, Any], tail: list[str] | None = None) -> CommandResult:
    labels = facts["labels"]
    lines = [*head, f"{counted(facts['examples'], 'example')}, {counted(len(labels), 'label')}"]
    if labels:
        counts = [
            (label, str(row["examples"]), str(row["negatives"]), _prompts(row["prompts"]))
            for label, row in labels.items()
        ]
        lines += aligned([("label", "examples", "negatives", "prompts"), *counts], right={1, 2, 3})
    return CommandResult("\n".join([*lines, *(tail or [])]), facts)


def _prompts(prompts: list[str] | int | None) -> str:
    """How many; a list without any stands for the templates."""
    if isinstance(prompts, int):
        return str(prompts) if prompts else "-"
    return "-" if prompts is None else "templates" if not prompts else str(len(prompts))
