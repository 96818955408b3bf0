"""A memory for another encoder, from the pictures that are kept with the examples."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.encoders.protocols import Backbone
from vfrt_ros.core.memory.book import Book, Loaded
from vfrt_ros.core.memory.database import COMPANIONS, Journal, connect, in_words, sync_folder
from vfrt_ros.core.memory.lock import Lock
from vfrt_ros.core.memory.look import State, look
from vfrt_ros.core.types.encoder_identity import Owner
from vfrt_ros.core.types.errors import MemoryStoreError
from vfrt_ros.core.types.example import Example

BATCH = 16
"""Pictures that are encoded and saved at once."""


@dataclass(frozen=True, slots=True)
class Reembedded:
    """What was done: examples in the new memory, those found done already, those without a picture."""

    examples: int
    resumed: int
    left_out: int


def reembed(
    source: Loaded, backbone: Backbone, destination: Path, tick: Callable[[int], object] = lambda done: None
) -> Reembedded:
    """Write a new memory of the same labels and prompts, with the embeddings of another encoder.

    What is done is saved after every 16 pictures; after a kill, the same call goes on there. The history is
    not taken over.

    Args:
        source: The memory to read; it is not changed.
        backbone: The other encoder.
        destination: A file that does not exist yet.
        tick: Gets the number of pictures done, after each batch.

    Raises:
        MemoryStoreError: The destination exists, is being written by another process, or cannot be written.
    """
    owner = Owner(backbone.id, backbone.fingerprint, backbone.dim)
    with in_words("write", destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        lock = Lock(destination)
        try:
            if destination.exists():
                raise MemoryStoreError(f"{destination} exists and is not written over: choose another file.")
            unfinished = destination.with_name(f"{destination.name}.reembed-{_name_of(source)}")
            report = _fill(unfinished, source, backbone, owner, tick)
            _finish(unfinished, destination)
        finally:
            lock.release()
    return report


def _name_of(source: Loaded) -> str:
    """Names the work, so that only the same work is gone on with."""
    parts = (f"{e.id}:{e.label}:{e.negative}:{len(e.thumbnail)}" for e in source.examples)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


def _fill(
    path: Path, source: Loaded, backbone: Backbone, owner: Owner, tick: Callable[[int], object]
) -> Reembedded:
    book = _open(path, owner)
    with contextlib.closing(book):
        done = {example.id for example in book.load().examples}
        tick(len(done))
        left_out = 0
        todo = [example for example in source.examples if example.id not in done]
        for first in range(0, len(todo), BATCH):
            batch = todo[first : first + BATCH]
            embedded = _embed(batch, backbone)
            book.append(embedded)
            left_out += len(batch) - len(embedded)
            tick(len(batch))
        book.append([], source.prompts)
        return Reembedded(len(source.examples) - left_out, len(done), left_out)


def _open(path: Path, owner: Owner) -> Book:
    """The unfinished memory, begun anew where it is none of this encoder or is damaged."""
    found = look(path, Journal.WRITE_AHEAD, lambda notice: None)
    if found.book is not None and found.book.owner == owner:
        return found.book
    found.close()
    if found.state is not State.MISSING:
        for end in ("", *COMPANIONS):
            path.with_name(path.name + end).unlink(missing_ok=True)
    book = Book(path)
    book.begin(owner)
    return book


def _embed(batch: Sequence[Example], backbone: Backbone) -> list[Example]:
    """The examples whose picture can be read, with their new embeddings."""
    pairs = [(example, picture) for example in batch if (picture := _picture(example)) is not None]
    if not pairs:
        return []
    rows = backbone.encode_images([picture for _, picture in pairs])
    return [replace(example, embedding=row) for (example, _), row in zip(pairs, rows, strict=True)]


def _picture(example: Example) -> npt.NDArray[np.uint8] | None:
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
