# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A memory as one portable file: a zip that any program can read.

Version 2 carries the log, or the part of it that the memory still has:

- `manifest.json`: format, version, the encoder (id, fingerprint, dim), number of operations, when it was written.
- `operations.msgpack`: one operation after another; see `operation_entry.py`.

Version 1 carries a choice of labels, without what was done to them; it is written for such a choice, and read:

- `manifest.json`: the same, with the number of examples.
- `embeddings.npy`: (n, d) float32, one row an example.
- `examples.jsonl`: one line an example, in the order of the rows.
- `prompts.json`: prompts by label.
- `thumbnails/000000.jpg`: the picture of the example with this number, where there is one.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import msgpack
import numpy as np

from vfrt_ros.core.memory.accept import check_picture
from vfrt_ros.core.memory.bundle_entry import (
    entry_line,
    example_of_line,
    exportable,
    prompts_of_json,
    read_rows,
)
from vfrt_ros.core.memory.new_file import write_new
from vfrt_ros.core.memory.operation_entry import pack_entry, row_of_entry
from vfrt_ros.core.memory.operation_row import Row
from vfrt_ros.core.memory.payload import TaughtExample
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import RequestError, words_of
from vfrt_ros.core.types.example import Prompts
from vfrt_ros.core.types.label import check_source

FORMAT = "vfrt memory export"
VERSION = 2
LARGEST = 8 * 2**30
"""Bytes that a bundle may unpack to."""
MOST_MEMBERS = 2_000_000
_MEMBER = b"PK\x01\x02"
"""The bytes before each member in a zip's directory (APPNOTE.TXT, 4.3.12)."""
MOST_NUMBERS = 65_536
"""Numbers of an embedding at most."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The shared part of a memory: its log, or examples and prompts alone.

    Attributes:
        rows: Operations as rows of the log; empty where it carries a choice of labels.
        examples, prompts: That choice.
    """

    encoder: EncoderIdentity
    rows: tuple[Row, ...] = ()
    examples: tuple[TaughtExample, ...] = ()
    prompts: Mapping[str, Prompts] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of what takes room in a file: pictures, which are stored as they are, and embeddings."""
        listed = sum(len(example.thumbnail) + 4 * self.encoder.dim for example in self.examples)
        return listed + sum(len(row[5]) for row in self.rows)


def write_bundle(bundle: Bundle, path: Path) -> None:
    """Write a new file, whole or not at all.

    Args:
        bundle: What is shared.
        path: Of a file that is not there yet.

    Raises:
        MemoryStoreError: It exists, or cannot be written.
    """
    write_new(path, lambda file: _pack(bundle, file))


def pack_bundle(bundle: Bundle) -> bytes:
    """The same file in RAM.

    Args:
        bundle: What is shared.
    """
    buffer = io.BytesIO()
    _pack(bundle, buffer)
    return buffer.getvalue()


def read_bundle(path: Path) -> Bundle:
    """Read and check a bundle; nothing in it is believed.

    Args:
        path: Of a file that `write_bundle` made, or somebody else.

    Raises:
        RequestError: Not a bundle, a broken or newer one, or one that holds what no memory may hold.
    """
    try:
        with path.open("rb") as file:
            return _unpack(file, str(path), LARGEST)
    except (OSError, ValueError) as error:  # a null byte in the name
        raise RequestError(f"Cannot read {path}: {words_of(error)}.") from error


def unpack_bundle(data: bytes | memoryview, name: str, *, largest: int = LARGEST) -> Bundle:
    """As `read_bundle`, from RAM.

    Args:
        data: The file.
        name: What to call it in an error.
        largest: Bytes that it may unpack to.

    Raises:
        RequestError: As for `read_bundle`.
    """
    data = bytes(data)
    # Counted before the zip is opened: its directory alone can take a hundred times its own room in RAM.
    if data.count(_MEMBER) > min(MOST_MEMBERS, largest // 100):
        raise RequestError(f"{name} is not an export of a memory, or is damaged: it has too many members")
    return _unpack(io.BytesIO(data), name, largest)


def _unpack(file: BinaryIO | io.BytesIO, name: str, largest: int) -> Bundle:
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > largest or len(archive.infolist()) > MOST_MEMBERS:
                raise RequestError(
                    f"it unpacks to {size / 1e6:.0f} MB; at most {largest / 1e6:.0f} are taken"
                )
            return _read(archive)
    except Exception as error:
        # Whatever the parsers of zip, JSON, NumPy and the compressions make of bytes that somebody may have forged.
        raise RequestError(
            f"{name} is not an export of a memory, or is damaged: {words_of(error):.300}"
        ) from error


def _pack(bundle: Bundle, file: BinaryIO | io.BytesIO) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(bundle, archive)


def _write(bundle: Bundle, archive: zipfile.ZipFile) -> None:
    encoder = bundle.encoder
    manifest = {
        "format": FORMAT,
        "version": 2 if bundle.rows else 1,
        "encoder": {"id": encoder.encoder_id, "fingerprint": encoder.space, "dim": encoder.dim},
        "operations" if bundle.rows else "examples": len(bundle.rows or bundle.examples),
        "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    archive.writestr("manifest.json", json.dumps(manifest, indent=2))
    if bundle.rows:
        packed = b"".join(pack_entry(row) for row in bundle.rows)
        archive.writestr("operations.msgpack", packed, zipfile.ZIP_STORED)
    else:
        _write_examples(bundle, archive)


def _write_examples(bundle: Bundle, archive: zipfile.ZipFile) -> None:
    examples, dim = [exportable(example) for example in bundle.examples], bundle.encoder.dim
    archive.writestr("prompts.json", json.dumps(dict(bundle.prompts), ensure_ascii=False, indent=2))
    archive.writestr("examples.jsonl", "\n".join(entry_line(example) for example in examples))
    rows = [example.embedding for example in examples]
    buffer = io.BytesIO()
    np.save(buffer, np.array(rows, "<f4").reshape(len(rows), dim), allow_pickle=False)
    archive.writestr("embeddings.npy", buffer.getvalue())
    for number, example in enumerate(examples):
        if example.thumbnail:
            archive.writestr(_thumbnail_name(number), example.thumbnail, zipfile.ZIP_STORED)


def _thumbnail_name(number: int) -> str:
    return f"thumbnails/{number:06d}.jpg"


def _read(archive: zipfile.ZipFile) -> Bundle:
    manifest = json.loads(archive.read("manifest.json"))
    encoder = _encoder(manifest)
    if int(manifest["version"]) == 2:
        return Bundle(encoder, tuple(_rows(archive.read("operations.msgpack"), encoder.dim)))
    text = archive.read("examples.jsonl").decode().rstrip("\n")
    lines = text.split("\n") if text else []
    rows = read_rows(archive.read("embeddings.npy"), (len(lines), encoder.dim))
    prompts = prompts_of_json(json.loads(archive.read("prompts.json")))
    return Bundle(encoder, (), tuple(_examples(archive, lines, rows)), prompts)


def _rows(data: bytes, dim: int) -> Iterator[Row]:
    """The operations of a file, each one whole and one that a memory of this dimension can hold."""
    unpacker = msgpack.Unpacker(io.BytesIO(data), max_buffer_size=max(len(data), 1))
    for entry in unpacker:
        yield row_of_entry(entry, dim)


def _encoder(manifest: Any) -> EncoderIdentity:
    if not isinstance(manifest, dict):
        raise TypeError("its manifest is none")
    if manifest["format"] != FORMAT:
        raise RequestError(f"its format is {str(manifest['format'])[:40]!r}; expected '{FORMAT}'")
    if int(manifest["version"]) > VERSION:
        raise RequestError(
            f"it is of version {int(manifest['version'])}; this vfrt reads up to {VERSION}: update vfrt"
        )
    encoder = manifest["encoder"]
    name, space, dim = (encoder[key] for key in ("id", "fingerprint", "dim"))
    for value in (name, space):
        if not isinstance(value, str) or not check_source(value):
            raise RequestError(f"its encoder must have a name and a fingerprint; got {value!r:.40}")
    if type(dim) is not int or not 1 <= dim <= MOST_NUMBERS:
        raise RequestError(f"its embeddings must have 1 to {MOST_NUMBERS} numbers; got {dim!r:.40}")
    return EncoderIdentity(check_source(name), check_source(space), dim)


def _examples(archive: zipfile.ZipFile, lines: list[str], rows: np.ndarray) -> Iterator[TaughtExample]:
    names = set(archive.namelist())
    for number, (line, row) in enumerate(zip(lines, rows, strict=True)):
        name = _thumbnail_name(number)
        thumbnail = archive.read(name) if name in names else b""
        try:
            check_picture(thumbnail)
            example = example_of_line(line, row)
        except (RequestError, ValueError, TypeError, KeyError, OverflowError) as error:
            raise RequestError(f"example {number}: {error}") from error
        yield replace(example, thumbnail=thumbnail)
