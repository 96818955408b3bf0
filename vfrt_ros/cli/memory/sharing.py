# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt memory export` and `import`: on the file, or through the node that has it open."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from vfrt_ros.cli.command import CommandError, UsageError
from vfrt_ros.cli.memory.node import MemoryNode
from vfrt_ros.cli.memory.place import (
    CommandResult,
    checked,
    chosen_file,
    configured,
    is_there,
    opened,
    own_place,
    shell_settings,
)
from vfrt_ros.core.config.read_list import read_list
from vfrt_ros.core.memory.absorb import absorb, prepare_merge
from vfrt_ros.core.memory.bundle import Bundle, read_bundle, write_bundle
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.merge import bundle_of, contents_of
from vfrt_ros.core.memory.new_file import refuse_existing
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import (
    EncoderError,
    MemoryInUseError,
    RequestError,
    UnknownLabelError,
    nearest,
    words_of,
)


def export(arguments: argparse.Namespace) -> CommandResult:
    """The log, or some labels without what was done to them, in one portable file."""
    target: Path = arguments.target
    refuse_existing(target)
    bundle, origin = _all_of(arguments)
    there = contents_of(bundle)
    labels = _labels(arguments.labels, {*there.prompts, *(example.label for example in there.examples)})
    if arguments.labels is not None or not bundle.rows:
        examples = tuple(example for example in there.examples if example.label in labels)
        prompts = {label: texts for label, texts in there.prompts.items() if label in labels}
        bundle = there = Bundle(bundle.encoder, (), examples, prompts)
    write_bundle(bundle, target)
    count = len(there.examples)
    return CommandResult(
        f"Wrote {target}: {counted(count, 'example')} of {counted(len(labels), 'label')}, from {origin}.",
        {"path": str(target), "from": origin, "examples": count, "labels": sorted(labels)}
        | {"operations": len(bundle.rows)},
    )


def import_(arguments: argparse.Namespace) -> CommandResult:
    """Another robot's export, added."""
    if is_by_node(arguments):
        return _send(MemoryNode(arguments), arguments.target)
    bundle = read_bundle(arguments.target)
    path = checked(arguments.file) or configured() or own_place(bundle.encoder.encoder_id)
    fresh = not is_there(path)
    if fresh and arguments.file is None:
        _check_own_encoder(bundle.encoder, path)
    try:
        memory = Memory(bundle.encoder if fresh else None, path)
        try:
            limits, source = shell_settings(), f"imported from {arguments.target.name}"
            done = absorb(memory, prepare_merge(memory, bundle, source, limits), limits)
        except BaseException:
            memory.abandon()
            raise
        memory.close()
    except MemoryInUseError as error:
        return _send(MemoryNode(arguments, path, error), arguments.target)
    return CommandResult(
        f"{path}: {done.in_words}",
        {"path": str(path), "added": done.added, "duplicates": done.duplicates}
        | {"prompts": done.prompts, "prompts_kept": done.prompts_kept},
    )


def _check_own_encoder(encoder: EncoderIdentity, path: Path) -> None:
    """Refuse to begin a memory, in the place of this robot's own, that the robot's encoder could not use.

    Raises:
        RequestError: The encoder is another one here, or cannot be loaded.
    """
    from vfrt_ros.core.encoders import load_encoders
    from vfrt_ros.core.factory import encoder_settings, identity_of

    cure = "name a file of its own with --file, and re-embed that one"
    try:
        backbone = load_encoders(**encoder_settings(shell_settings(encoder.encoder_id))).backbone
    except EncoderError as error:
        raise RequestError(
            f"It was learned with the encoder {encoder}, which cannot be loaded here ({error}): {cure}."
        ) from error
    own = identity_of(backbone)
    if not own.owns(encoder):
        raise RequestError(
            f"It was learned with the encoder {encoder} and this robot has {own}, whose next start would refuse "
            f"{path}: {cure}."
        )


def is_by_node(arguments: argparse.Namespace) -> bool:
    """Whether a running node was named.

    Raises:
        UsageError: A file was named too.
    """
    named = bool(arguments.node or arguments.namespace)
    if named and arguments.file is not None:
        raise UsageError("--file names a file and --node a running node: give one of them.")
    return named


def _all_of(arguments: argparse.Namespace) -> tuple[Bundle, str]:
    """All that the memory holds, and where it was read."""
    if is_by_node(arguments):
        node = MemoryNode(arguments)
        return node.export(), node.address
    path = chosen_file(arguments)
    try:
        with opened(path) as memory:
            return bundle_of(memory), str(path)
    except MemoryInUseError as error:
        node = MemoryNode(arguments, path, error)
        return node.export(), node.address


def _send(node: MemoryNode, target: Path) -> CommandResult:
    try:
        # A device or pipe may never end.
        if target.exists() and not target.is_file():
            raise RequestError(f"Cannot read {target}: expected a file as `vfrt memory export` writes it.")
        data = target.read_bytes()
    except (OSError, ValueError) as error:  # a null byte in the name
        raise RequestError(f"Cannot read {target}: {words_of(error)}.") from error
    response = node.import_(data, target.name)
    facts: dict[str, Any] = {"node": node.address, "added": response.added, "duplicates": response.duplicates}
    return CommandResult(f"{node.address}: {response.message}", facts)


def _labels(text: str | None, known: set[str]) -> set[str]:
    if text is None:
        return known
    wanted = set(read_list(text))
    for label in sorted(wanted - known):
        raise UnknownLabelError(f"Unknown label '{label}'.{nearest(label, sorted(known))}")
    if not wanted:
        raise CommandError("--labels names no label.")
    return wanted
