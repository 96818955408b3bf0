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
from vfrt_ros.cli.memory.place import is_there, opened, untold
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.factory import encoder_settings, identity_of
from vfrt_ros.core.memory.bundle import read_bundle
from vfrt_ros.core.memory.location import IN_RAM
from vfrt_ros.core.memory.recovery import check_owner
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
        is_export = memory is not None and memory.is_file() and zipfile.is_zipfile(memory)
        if memory is None or is_export:
            made = Recogniser(settings.replace(memory_path=IN_RAM))
        else:
            made = _with_copy(settings, memory, Path(folder) / "memory.db")
        with contextlib.closing(made) as recogniser:
            if memory is not None and is_export:
                bundle = read_bundle(memory)
                recogniser.absorb(recogniser.prepare_merge(bundle, f"imported from {memory.name}"))
            yield recogniser


def _with_copy(settings: RecognitionSettings, memory: Path, copy: Path) -> Recogniser:
    """A recogniser with a copy of a memory; only what concerns the memory itself is told."""
    if not is_there(memory):
        raise CommandError(f"There is no memory at {memory}.")
    encoders = load_encoders(**encoder_settings(settings))
    with opened(memory) as source:
        check_owner(memory, source.encoder, identity_of(encoders.backbone))
        source.backup(copy)
    with untold():
        return Recogniser(settings.replace(memory_path=str(copy)), encoders=encoders)
