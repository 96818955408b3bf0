"""The parts of a portable file, each checked as if somebody meant harm by it."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from vfrt_ros.core.errors import RequestError
from vfrt_ros.core.frames.image_size import read_header
from vfrt_ros.core.memory.check import embedding_fault
from vfrt_ros.core.memory.example import Example, Prompts
from vfrt_ros.core.request import LONGEST_SOURCE, check_label, check_prompts, check_source

LARGEST_THUMBNAIL = 2**20
"""Bytes of an example's picture at most."""
MOST_PIXELS = 4.0
"""Megapixels of an example's picture at most; ours have a short side of 256 pixels."""
LAST_SECOND = 2**31 - 1
"""The last time that a ROS message can say, in seconds since the epoch."""
MOST_MEASURES = 20


def entry_line(example: Example) -> str:
    """The line of `examples.jsonl` for an example."""
    entry = {
        "label": example.label,
        "negative": example.negative,
        "batch": example.batch,
        "created": example.created,
        "quality": dict(example.quality),
        "source": example.source,
    }
    return json.dumps(entry, ensure_ascii=False)


def example_of_line(number: int, line: str, row: np.ndarray) -> Example:
    """The example of a line and its row, (d,) float32, without its picture.

    Raises:
        RequestError, ValueError, TypeError, KeyError, OverflowError: It is none; the text says why.
    """
    fault = embedding_fault(row, row.size)
    if fault:
        raise RequestError(fault)
    entry = json.loads(line)
    if not isinstance(entry, dict):
        raise TypeError("its line is no object")
    if not isinstance(entry["negative"], bool):
        raise TypeError(f"negative must be true or false; got {entry['negative']!r:.40}")
    source = _text(entry["source"])[:LONGEST_SOURCE]
    return Example(
        number,
        check_label(_text(entry["label"])),
        row,
        entry["negative"],
        int(entry["batch"]),
        _time(entry["created"]),
        _quality(entry["quality"]),
        source=check_source(source) if source else "",
    )


def prompts_of_json(entries: Any) -> dict[str, Prompts]:
    """The prompts by label; their number is not looked at here.

    Raises:
        RequestError, TypeError: They are none.
    """
    if not isinstance(entries, dict):
        raise TypeError("its prompts are not given by label")
    found: dict[str, Prompts] = {}
    for label, texts in entries.items():
        if not isinstance(texts, list):
            raise TypeError(f"the prompts of '{label:.40}' are no list")
        checked = [_text(text) for text in texts]
        most = max(1, len(checked))
        found |= check_prompts([label] * most, checked, replace=False, most=most)
    return found


def read_rows(data: bytes, shape: tuple[int, int]) -> np.ndarray:
    """The embeddings, (n, d) float32; the header is held against the data before anything is made of it.

    Raises:
        RequestError: They are not of this shape, or no plain little-endian float32.
        ValueError: It is no .npy file.
    """
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise RequestError("its embeddings are no .npy file of version 1.0")
    found, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype != np.dtype("<f4") or found != shape or fortran:
        raise RequestError(f"its embeddings are {found} {dtype}; expected {shape} float32 by rows")
    rest = data[file.tell() :]
    if len(rest) != 4 * shape[0] * shape[1]:
        raise RequestError(f"its embeddings have {len(rest)} bytes; expected {4 * shape[0] * shape[1]}")
    return np.frombuffer(rest, "<f4").reshape(shape)


def check_picture(data: bytes) -> None:
    """Refuse what is no small JPEG; empty = there is none, which is fine.

    Raises:
        RequestError: It is something else, cut off, or large once it is decoded.
    """
    if not data:
        return
    header = read_header(data[:LARGEST_THUMBNAIL]) if len(data) <= LARGEST_THUMBNAIL else None
    if header is None or header.format != "jpeg" or not header.complete:
        raise RequestError("its thumbnail is no small JPEG")
    if header.megapixels > MOST_PIXELS:
        raise RequestError(f"its thumbnail has {header.megapixels:.3g} megapixels; at most {MOST_PIXELS:g}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text; got {value!r:.40}")
    return value


def _time(value: Any) -> float:
    seconds = float(value)
    if not 0 <= seconds <= LAST_SECOND:
        raise RequestError(f"it was created at {seconds:g} s; expected 0 to {LAST_SECOND}")
    return seconds


def _quality(entries: Any) -> Mapping[str, float]:
    measures = {_text(name)[:40]: float(value) for name, value in dict(entries).items()}
    if len(measures) > MOST_MEASURES or not all(math.isfinite(value) for value in measures.values()):
        raise RequestError(f"its quality must be at most {MOST_MEASURES} finite numbers")
    return measures
