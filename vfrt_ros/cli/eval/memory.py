# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The memory that a recording is recognised with, or an export of one; only a copy is used."""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from vfrt_ros.cli.command import CommandError
from vfrt_ros.cli.memory.place import is_there, opened
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.bundle import read_bundle
from vfrt_ros.core.memory.location import IN_RAM
from vfrt_ros.core.recogniser import Recogniser


@contextlib.contextmanager
def recogniser_with(settings: RecognitionSettings, memory: Path | None) -> Iterator[Recogniser]:
    """A recogniser that knows what a file knows, and changes nothing in it.

    Args:
        settings: Without a memory's place.
        memory: A memory, or what `vfrt memory export` wrote; None = an empty memory.

    Raises:
        CommandError: There is no such file.
        MemoryStoreError: It is in use, damaged, or belongs to another encoder.
        RequestError: It is an export that is damaged, or belongs to another encoder.
    """
    with tempfile.TemporaryDirectory(prefix="vfrt-eval-") as folder:
        copy = Path(folder) / "memory.db"
        is_export = memory is not None and memory.is_file() and zipfile.is_zipfile(memory)
        if memory is not None and not is_export:
            _copy(memory, copy)
        place = str(copy) if copy.exists() else IN_RAM
        with contextlib.closing(Recogniser(settings.replace(memory_path=place))) as recogniser:
            if memory is not None and is_export:
                bundle = read_bundle(memory)
                recogniser.absorb(recogniser.prepare_merge(bundle, f"imported from {memory.name}"))
            yield recogniser


def _copy(memory: Path, copy: Path) -> None:
    if not is_there(memory):
        raise CommandError(f"There is no memory at {memory}.")
    with opened(memory) as source:
        source.backup(copy)
