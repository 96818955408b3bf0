# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A memory for another encoder, from the pictures that are kept with the examples."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.encoders.protocols import Backbone
from vfrt_ros.core.memory.clock import HybridClock
from vfrt_ros.core.memory.database import COMPANIONS, Journal, connect, in_words, sync_folder
from vfrt_ros.core.memory.inspect_file import FileState, inspect
from vfrt_ros.core.memory.lock import Lock
from vfrt_ros.core.memory.operation_row import row_of
from vfrt_ros.core.memory.payload import Payload, SetPrompts, TaughtExample, Teach
from vfrt_ros.core.memory.payload_bytes import encode
from vfrt_ros.core.memory.recovery import copy_path
from vfrt_ros.core.memory.store_file import StoreFile
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import MemoryStoreError
from vfrt_ros.core.types.example import Prompts
from vfrt_ros.core.types.operation import Kind, Operation

BATCH = 16
"""Pictures that are encoded and saved at once."""


@dataclass(frozen=True, slots=True)
class Reembedded:
    """The result of a re-embedding: examples in the new memory, those found done already, those without a picture."""

    examples: int
    resumed: int
    left_out: int


def reembed(
    examples: Sequence[TaughtExample],
    prompts: Mapping[str, Prompts],
    backbone: Backbone,
    identity: EncoderIdentity,
    destination: Path,
    tick: Callable[[int], object] = lambda done: None,
) -> Reembedded:
    """Write a new memory of the same labels and prompts, with the embeddings of another encoder.

    What is done is saved after every 16 pictures; after a kill, the same call goes on there. What was done to the
    memory before is not taken over.

    Args:
        examples: Of the memory to read, with their pictures.
        prompts: Of its labels.
        backbone: The other encoder.
        identity: Its identity.
        destination: A file that does not exist yet.
        tick: Gets the number of pictures done, after each batch.

    Raises:
        MemoryStoreError: The destination exists, is being written by another process, or cannot be written.
    """
    with in_words("write", destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        lock = Lock(destination)
        try:
            if destination.exists():
                raise MemoryStoreError(f"{destination} exists and is not written over: choose another file.")
            unfinished = destination.with_name(f"{destination.name}.reembed-{_name_of(examples)}")
            with contextlib.closing(_Work(_open(unfinished, identity), backbone)) as work:
                report = work.fill(examples, prompts, tick)
            _finish(unfinished, destination)
        finally:
            lock.release()
    return report


class _Work:
    """A new log that is written batch by batch; how far it is stands in the same transaction."""

    def __init__(self, file: StoreFile, backbone: Backbone) -> None:
        self._file = file
        self._backbone = backbone
        meta = file.meta
        self._robot = meta["robot"]
        self._done = int(meta.get("reembedded", 0))
        self._left_out = int(meta.get("left_out", 0))
        self._clock = HybridClock(last=int(meta.get("clock", 0)))

    def fill(
        self, examples: Sequence[TaughtExample], prompts: Mapping[str, Prompts], tick: Callable[[int], object]
    ) -> Reembedded:
        """Encode what is not done yet."""
        resumed = self._done
        tick(resumed)
        for first in range(resumed, len(examples), BATCH):
            batch = examples[first : first + BATCH]
            embedded = _embed(batch, self._backbone)
            self._done, self._left_out = first + len(batch), self._left_out + len(batch) - len(embedded)
            self._write(Kind.TEACH, Teach(tuple(embedded)))
            tick(len(batch))
        if prompts:
            self._write(Kind.PROMPTS, SetPrompts(dict(prompts)))
        return Reembedded(len(examples) - self._left_out, resumed, self._left_out)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, kind: Kind, payload: Payload) -> None:
        version, clock = self._file.version + 1, self._clock.tick()
        row = row_of(Operation.make(self._robot, version, clock, kind, encode(payload)))
        facts = {"reembedded": str(self._done), "left_out": str(self._left_out), "clock": str(clock)}
        self._file.append([row], version, facts)


def _name_of(examples: Sequence[TaughtExample]) -> str:
    """Names the work, so that only the same work is gone on with."""
    parts = (f"{e.label}:{e.negative}:{e.created}:{len(e.thumbnail)}" for e in examples)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


def _open(path: Path, encoder: EncoderIdentity) -> StoreFile:
    """The unfinished memory, begun anew where it is of another encoder or damaged."""
    report = inspect(path, Journal.WRITE_AHEAD, lambda notice: None)
    if report.file is not None and report.file.encoder == encoder:
        return report.file
    report.close()
    if report.state is not FileState.MISSING:
        for end in ("", *COMPANIONS):
            path.with_name(path.name + end).unlink(missing_ok=True)
    file = StoreFile(path)
    file.begin(encoder)
    return file


def _embed(batch: Sequence[TaughtExample], backbone: Backbone) -> list[TaughtExample]:
    """The examples whose picture can be read, with their new embeddings."""
    pairs = [(example, picture) for example in batch if (picture := _picture(example)) is not None]
    if not pairs:
        return []
    rows = backbone.encode_images([picture for _, picture in pairs])
    return [replace(example, embedding=row) for (example, _), row in zip(pairs, rows, strict=True)]


def _picture(example: TaughtExample) -> npt.NDArray[np.uint8] | None:
    """(h, w, 3) uint8 RGB; None where there is none."""
    if not example.thumbnail:
        return None
    bgr = cv2.imdecode(np.frombuffer(example.thumbnail, np.uint8), cv2.IMREAD_COLOR)
    return None if bgr is None else np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def _finish(unfinished: Path, destination: Path) -> None:
    """Make it one file and give it its name."""
    connect(unfinished, Journal.ROLL_BACK).close()
    for end in COMPANIONS:
        unfinished.with_name(unfinished.name + end).unlink(missing_ok=True)
    unfinished.rename(destination)
    sync_folder(destination.parent)
    with contextlib.closing(StoreFile(destination)) as file:
        file.copy_to(copy_path(destination))
