"""A memory as one portable file: a zip of JSON, a plain array and JPEGs, which any program can read.

- `manifest.json`: format, version, the encoder (id, fingerprint, dim), number of examples, when it was written.
- `embeddings.npy`: (n, d) float32, one row an example.
- `examples.jsonl`: one line an example, in the order of the rows.
- `prompts.json`: prompts by label.
- `thumbnails/000000.jpg`: the picture of the example with this number, where there is one.
"""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vfrt_ros.core.errors import MemoryStoreError, RequestError
from vfrt_ros.core.memory.check import embedding_fault
from vfrt_ros.core.memory.database import sync_folder
from vfrt_ros.core.memory.example import Example, Prompts
from vfrt_ros.core.memory.owner import Owner
from vfrt_ros.core.request import check_label, check_prompts

FORMAT = "vfrt memory export"
VERSION = 1
LARGEST = 8 * 2**30
"""Bytes that a bundle may unpack to."""
LARGEST_THUMBNAIL = 2**20
JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is shared of a memory; the examples' ids say only which of them were registered together."""

    owner: Owner
    examples: tuple[Example, ...]
    prompts: dict[str, Prompts]


def write_bundle(bundle: Bundle, path: Path) -> None:
    """Write a new file, whole or not at all.

    Raises:
        MemoryStoreError: It exists, or cannot be written.
    """
    if path.exists():
        raise MemoryStoreError(f"{path} exists and is not written over: choose another name.")
    unfinished = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                _write(bundle, archive)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise MemoryStoreError(f"Cannot write {path}: {error}.") from error


def read_bundle(path: Path) -> Bundle:
    """Read and check a bundle; nothing in it is believed.

    Raises:
        RequestError: It is no bundle, is broken, is of a newer version, or holds what no memory may hold.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                raise RequestError(f"{path} unpacks to more than {LARGEST // 2**30} GiB.")
            return _read(archive)
    except OSError as error:
        raise RequestError(f"Cannot read {path}: {error}.") from error
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, RequestError) as error:
        raise RequestError(f"{path} is not an export of a memory, or is damaged: {error}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise RequestError(f"{path} is not an export of a memory, or is damaged: {error}") from error


def _write(bundle: Bundle, archive: zipfile.ZipFile) -> None:
    owner, examples = bundle.owner, bundle.examples
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "encoder": {"id": owner.encoder_id, "fingerprint": owner.fingerprint, "dim": owner.dim},
        "examples": len(examples),
        "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    archive.writestr("manifest.json", json.dumps(manifest, indent=2))
    archive.writestr("prompts.json", json.dumps(bundle.prompts, ensure_ascii=False, indent=2))
    lines = [json.dumps(_line(example), ensure_ascii=False) for example in examples]
    archive.writestr("examples.jsonl", "\n".join(lines))
    rows = [example.embedding for example in examples]
    buffer = io.BytesIO()
    np.save(buffer, np.array(rows, "<f4").reshape(len(rows), owner.dim), allow_pickle=False)
    archive.writestr("embeddings.npy", buffer.getvalue())
    for number, example in enumerate(examples):
        if example.thumbnail:
            archive.writestr(_thumbnail_name(number), example.thumbnail, zipfile.ZIP_STORED)


def _line(example: Example) -> dict[str, Any]:
    return {
        "label": example.label,
        "negative": example.negative,
        "batch": example.batch,
        "created": example.created,
        "quality": dict(example.quality),
        "source": example.source,
    }


def _thumbnail_name(number: int) -> str:
    return f"thumbnails/{number:06d}.jpg"


def _read(archive: zipfile.ZipFile) -> Bundle:
    manifest = json.loads(archive.read("manifest.json"))
    if not isinstance(manifest, dict):
        raise TypeError("its manifest is none")
    if manifest["format"] != FORMAT:
        raise RequestError(f"its format is '{manifest['format']}'; expected '{FORMAT}'")
    if manifest["version"] > VERSION:
        raise RequestError(
            f"it is of version {manifest['version']}; this vfrt reads up to {VERSION}: update vfrt"
        )
    encoder = manifest["encoder"]
    owner = Owner(str(encoder["id"]), str(encoder["fingerprint"]), int(encoder["dim"]))
    rows = np.load(io.BytesIO(archive.read("embeddings.npy")), allow_pickle=False)
    lines = archive.read("examples.jsonl").decode().splitlines()
    if rows.dtype != np.float32 or rows.shape != (len(lines), owner.dim):
        raise RequestError(
            f"its embeddings are {rows.shape} {rows.dtype}; expected ({len(lines)}, {owner.dim})"
        )
    prompts = json.loads(archive.read("prompts.json"))
    return Bundle(owner, tuple(_examples(archive, lines, rows, owner)), _prompts(prompts))


def _examples(
    archive: zipfile.ZipFile, lines: Sequence[str], rows: np.ndarray, owner: Owner
) -> Iterator[Example]:
    names = set(archive.namelist())
    for number, (line, row) in enumerate(zip(lines, rows, strict=True)):
        fault = embedding_fault(row, owner.dim)
        if fault:
            raise RequestError(f"example {number}: {fault}")
        entry, name = json.loads(line), _thumbnail_name(number)
        thumbnail = archive.read(name) if name in names else b""
        if thumbnail and (not thumbnail.startswith(JPEG) or len(thumbnail) > LARGEST_THUMBNAIL):
            raise RequestError(f"example {number}: its thumbnail is no small JPEG")
        yield Example(
            number,
            check_label(_text(entry["label"])),
            row,
            bool(entry["negative"]),
            int(entry["batch"]),
            float(entry["created"]),
            {str(key): float(value) for key, value in dict(entry["quality"]).items()},
            thumbnail,
            str(entry["source"])[:200],
        )


def _prompts(entries: Any) -> dict[str, Prompts]:
    if not isinstance(entries, dict):
        raise TypeError("its prompts are not given by label")
    found: dict[str, Prompts] = {}
    for label, texts in entries.items():
        checked = [_text(text) for text in texts]
        found |= check_prompts([label] * len(checked) or [label], checked, replace=False)
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text; got {value!r}")
    return value
