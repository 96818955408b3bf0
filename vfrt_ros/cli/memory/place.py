# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which memory `vfrt memory` works on, opening it while nobody else has it, and what an action tells."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vfrt_ros.cli.command import OK, CommandError, UsageError
from vfrt_ros.core.config.parameters import from_environment
from vfrt_ros.core.config.settings import CameraSettings, RecognitionSettings, state_folder
from vfrt_ros.core.memory.database import in_words
from vfrt_ros.core.memory.location import IN_RAM, memory_file
from vfrt_ros.core.memory.lock import Lock
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.recovery import copy_path

MEMORY = "vfrt_ros.core.memory"
"""The logger of all that memories tell."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The answer of a command: `text` for a person, `facts` for a script."""

    text: str
    facts: dict[str, Any]
    status: int = OK


def configured() -> Path | None:
    """The file that `VFRT_MEMORY_PATH` names."""
    own = os.environ.get("VFRT_MEMORY_PATH", "")
    return memory_file(own, "") if own and own != IN_RAM else None


def shell_settings(backbone: str = "auto", given: Mapping[str, Any] | None = None) -> RecognitionSettings:
    """The settings that a node started in this shell would have.

    Args:
        backbone: Other than `auto`, it goes before `VFRT_BACKBONE`.
        given: Values that go before the variables, by the parameters' names.
    """
    values = from_environment(os.environ, RecognitionSettings.parameters(), CameraSettings.parameters())
    values |= given or {}
    if backbone != "auto" or "backbone" not in values:
        values["backbone"] = backbone
    settings: RecognitionSettings = RecognitionSettings.from_mapping(values)
    return settings


def own_place(encoder_id: str) -> Path:
    """Where the memory of an encoder is where nobody says otherwise."""
    return memory_file("", encoder_id) or state_folder()


def is_there(path: Path) -> bool:
    """Whether there is a memory, or at least its copy."""
    with in_words("read", path):
        return path.exists() or copy_path(path).exists()


def checked(path: Path | None) -> Path | None:
    """The path itself, if a file can be there.

    Raises:
        UsageError: It is a folder, or no path.
    """
    if path is not None and (not path.name or "\0" in str(path) or path.is_dir()):
        raise UsageError(f"Expected the file of a memory; got {str(path)!a}.")
    return path


def chosen_file(arguments: argparse.Namespace) -> Path:
    """The memory that is meant: `--file`, `VFRT_MEMORY_PATH`, or the only one below `$ROS_HOME/vfrt`.

    Raises:
        CommandError: No memory is there.
        UsageError: There are several.
    """
    named = checked(arguments.file) or configured()
    if named is None:
        there = sorted(state_folder().glob("*/memory.db"))
        if len(there) > 1:
            names = ", ".join(str(path) for path in there)
            raise UsageError(f"There are {len(there)} memories: choose one with --file ({names}).")
        named = there[0] if there else None
    if named is None:
        raise CommandError(
            f"There is no memory below {state_folder()} yet: teach one, or name it with --file."
        )
    if not is_there(named):
        raise CommandError(f"There is no memory at {named}.")
    return Path(named)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Memory]:
    """The memory, whichever encoder it belongs to."""
    with contextlib.closing(Memory(None, path)) as memory:
        yield memory


@contextlib.contextmanager
def untold() -> Iterator[None]:
    """Say nothing meanwhile of what is noted or mended in a memory: it is a copy of ours, which nobody knows of."""
    logger = logging.getLogger(MEMORY)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Nobody else opens the memory meanwhile."""
    lock = Lock(path)
    try:
        yield
    finally:
        lock.release()


def path_of(memory: Memory) -> Path:
    """Its file."""
    if memory.path is None:
        raise CommandError("A memory in RAM has no file.")
    return memory.path


def size_of(memory: Memory) -> int:
    """Bytes of both files and of what SQLite keeps beside them."""
    path = path_of(memory)
    own = [path, *(path.with_name(path.name + end) for end in ("-wal", ".copy", ".copy-wal"))]
    return sum(file.stat().st_size for file in own if file.exists())
