# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The parts of a portable file, each checked as if somebody meant harm by it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from vfrt_ros.core.frames.shrink import shrink
from vfrt_ros.core.memory.accept import LAST_SECOND, check_picture, checked_quality, checked_time
from vfrt_ros.core.memory.check import embedding_fault
from vfrt_ros.core.memory.payload import TaughtExample
from vfrt_ros.core.memory.payload_values import read_text
from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.core.types.example import Prompts
from vfrt_ros.core.types.label import LONGEST_SOURCE, check_label, check_prompts, check_source
from vfrt_ros.core.types.observation import jpeg_of


def entry_line(example: TaughtExample) -> str:
    """The line of `examples.jsonl` for an example, from `exportable`.

    Args:
        example: As `exportable` gives it.
    """
    entry = {
        "label": example.label,
        "negative": example.negative,
        "batch": example.batch,
        "created": example.created,
        "quality": dict(example.quality),
        "source": example.source,
    }
    return json.dumps(entry, ensure_ascii=False)


def exportable(example: TaughtExample) -> TaughtExample:
    """The example with all that a memory takes of it; an older vfrt took more than it could give.

    A picture that is too large is made smaller; one that is not a JPEG is left out, and so are measures that are not
    numbers.

    Args:
        example: As it is stored.
    """
    return replace(
        example,
        quality=_or_else(checked_quality, example.quality, {}),
        created=min(max(example.created, 0.0), float(LAST_SECOND)),
        thumbnail=_small_picture(example.thumbnail),
        source=_or_else(check_source, example.source[:LONGEST_SOURCE], ""),
    )


def example_of_line(line: str, row: np.ndarray) -> TaughtExample:
    """The example of a line and its row, (d,) float32, without its picture.

    Args:
        line: JSON, as `entry_line` writes it.
        row: (d,) float32, its embedding.

    Raises:
        RequestError, ValueError, TypeError, KeyError, OverflowError: Not such an entry; the text says why.
    """
    fault = embedding_fault(row, row.size)
    if fault:
        raise RequestError(fault)
    entry = json.loads(line)
    if not isinstance(entry, dict):
        raise TypeError("its line is no object")
    if not isinstance(entry["negative"], bool):
        raise TypeError(f"negative must be true or false; got {entry['negative']!r:.40}")
    source = read_text(entry["source"])[:LONGEST_SOURCE]
    return TaughtExample(
        check_label(read_text(entry["label"])),
        row,
        entry["negative"],
        checked_time(entry["created"]),
        checked_quality(entry["quality"]),
        source=check_source(source) if source else "",
        batch=int(entry["batch"]) % 2**31,
    )


def prompts_of_json(entries: Any) -> dict[str, Prompts]:
    """The prompts by label; their number is not looked at here.

    Args:
        entries: What the JSON says: a list of texts for each label.

    Raises:
        RequestError, TypeError: Not a list of texts for each label.
    """
    if not isinstance(entries, dict):
        raise TypeError("its prompts are not given by label")
    found: dict[str, Prompts] = {}
    for label, texts in entries.items():
        if not isinstance(texts, list):
            raise TypeError(f"the prompts of '{label:.40}' are no list")
        checked = [read_text(text) for text in texts]
        most = max(1, len(checked))
        found |= check_prompts([label] * most, checked, replace=False, most=most)
    return found


def read_rows(data: bytes, shape: tuple[int, int]) -> np.ndarray:
    """The embeddings, (n, d) float32; the header is held against the data before anything is made of it.

    Args:
        data: Bytes of `embeddings.npy`.
        shape: (n, d) that the manifest promises.

    Raises:
        RequestError: They are not of this shape, or no plain little-endian float32.
        ValueError: Not a .npy file.
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


def _or_else(check: Callable[[Any], Any], value: Any, otherwise: Any) -> Any:
    try:
        return check(value)
    except (RequestError, ValueError, TypeError, OverflowError):
        return otherwise


def _small_picture(data: bytes) -> bytes:
    try:
        check_picture(data)
        return data
    except RequestError:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return b"" if pixels is None else jpeg_of(shrink(np.asarray(pixels, np.uint8)))
