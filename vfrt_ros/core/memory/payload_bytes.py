# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The contents of operations, as bytes and back; what comes from elsewhere is checked as if somebody meant harm.

A payload is one MessagePack map. Embeddings stand in it as one block of little-endian float32, (n, d) by rows;
pictures as JPEG files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.memory.accept import LAST_SECOND, check_picture, checked_quality
from vfrt_ros.core.memory.check import embedding_fault
from vfrt_ros.core.memory.payload import (
    Forget,
    LabelPrompts,
    Payload,
    Relabel,
    SetPrompts,
    Switch,
    TaughtExample,
    Teach,
)
from vfrt_ros.core.memory.payload_values import (
    read_example_ids,
    read_label,
    read_list,
    read_operation_ids,
    read_prompts,
    read_text,
    read_whole,
)
from vfrt_ros.core.types.errors import OperationError, RequestError, words_of
from vfrt_ros.core.types.label import check_source
from vfrt_ros.core.types.operation import ExampleId, Kind

Array = npt.NDArray[np.float32]


def encode(payload: Payload) -> bytes:
    """The bytes of a payload.

    Args:
        payload: Of any kind.
    """
    match payload:
        case Teach():
            content = _teach_map(payload)
        case Forget():
            content = {
                "labels": list(payload.labels),
                "examples": _ids(payload.examples),
                "prompts": _plain(payload.prompts),
                "whole": payload.whole,
            }
        case Relabel():
            content = {
                "label": payload.label,
                "new_label": payload.new_label,
                "examples": _ids(payload.examples),
                "prompts": _plain(payload.prompts),
                "merged": payload.merged,
            }
        case SetPrompts():
            content = {"prompts": _plain(payload.prompts)}
        case Switch():
            content = {"targets": [list(target) for target in payload.targets]}
    return bytes(msgpack.packb(content))


def decode(kind: Kind, data: bytes, dim: int, *, trusted: bool = False) -> Payload:
    """The payload of an operation of this kind, checked in full.

    Args:
        kind: Of the operation.
        data: Its bytes.
        dim: Length d of an embedding of this memory.
        trusted: It was checked before it was written and its checksum holds: examples are not looked at again.

    Raises:
        OperationError: Not what an operation of this kind carries; the text says why.
    """
    try:
        content = msgpack.unpackb(data, max_map_len=1_000_000, max_array_len=1_000_000)
        if not isinstance(content, dict):
            raise TypeError(f"expected a map; got {type(content).__name__}")
        if kind is Kind.TEACH:
            return _read_teach(content, dim, TaughtExample if trusted else _example)
        return _READERS[kind](content)
    except (
        RequestError,
        ValueError,
        TypeError,
        KeyError,
        OverflowError,
        RecursionError,
        msgpack.UnpackException,
    ) as error:
        raise OperationError(f"a broken '{kind}': {words_of(error):.200}") from error


def _teach_map(teach: Teach) -> dict[str, Any]:
    examples = teach.examples
    kept = [np.asarray(example.embedding, "<f4") for example in examples if len(example.embedding)]
    return {
        "labels": [example.label for example in examples],
        "negative": [bool(example.negative) for example in examples],
        "created": [float(example.created) for example in examples],
        "quality": [dict(example.quality) for example in examples],
        "source": [example.source for example in examples],
        "batch": [int(example.batch) for example in examples],
        "embeddings": b"".join(row.tobytes() for row in kept),
        "dropped": [index for index, example in enumerate(examples) if not len(example.embedding)],
        "pictures": [bytes(example.thumbnail) for example in examples],
        "prompts": _plain(teach.prompts),
        "adopted": [list(key) for key in teach.adopted],
        "origin": teach.origin,
    }


def _read_teach(content: Mapping[str, Any], dim: int, example: Callable[..., TaughtExample]) -> Teach:
    labels = read_list(content["labels"])
    columns = [
        read_list(content[name]) for name in ("negative", "created", "quality", "pictures", "source", "batch")
    ]
    if any(len(column) != len(labels) for column in columns):
        raise ValueError(
            f"its columns have {[len(labels), *map(len, columns)]} entries; expected as many each"
        )
    dropped = {read_whole(index, 0) for index in read_list(content["dropped"])}
    kept = [index for index in range(len(labels)) if index not in dropped]
    block = content["embeddings"]
    if not isinstance(block, bytes) or len(block) != 4 * dim * len(kept):
        raise ValueError(f"its embeddings have {len(block)} bytes; expected {4 * dim * len(kept)}")
    rows: list[Array] = [np.empty(0, np.float32)] * len(labels)
    for index, row in zip(kept, np.frombuffer(block, "<f4").reshape(len(kept), dim), strict=True):
        rows[index] = row
    examples = tuple(
        example(label, row, *values) for label, row, *values in zip(labels, rows, *columns, strict=True)
    )
    return Teach(
        examples,
        read_prompts(content["prompts"]),
        read_operation_ids(content["adopted"]),
        check_source(read_text(content["origin"])),
    )


def _example(
    label: Any, row: Array, negative: Any, created: Any, quality: Any, picture: Any, source: Any, batch: Any
) -> TaughtExample:
    if len(row) and (fault := embedding_fault(row, row.size)):
        raise ValueError(fault)
    if not isinstance(negative, bool) or not isinstance(batch, int) or not isinstance(picture, bytes):
        raise TypeError("negative, batch and picture must be a bool, a whole number and bytes")
    if not (isinstance(created, float) and 0 <= created <= LAST_SECOND):
        raise ValueError(f"created must be 0 to {LAST_SECOND} seconds; got {created!r:.40}")
    check_picture(picture)
    return TaughtExample(
        read_label(label),
        row,
        negative,
        created,
        checked_quality(quality),
        picture,
        check_source(read_text(source)),
        batch,
    )


def _read_forget(content: Mapping[str, Any]) -> Forget:
    return Forget(
        read_example_ids(content["examples"]),
        tuple(read_label(label) for label in read_list(content["labels"])),
        read_prompts(content["prompts"]),
        bool(content["whole"]),
    )


def _read_relabel(content: Mapping[str, Any]) -> Relabel:
    return Relabel(
        read_example_ids(content["examples"]),
        read_label(content["label"]),
        read_label(content["new_label"]),
        read_prompts(content["prompts"]),
        bool(content["merged"]),
    )


def _read_switch(content: Mapping[str, Any]) -> Switch:
    targets = read_operation_ids(content["targets"])
    if not targets:
        raise ValueError("it names no operation")
    return Switch(targets)


_READERS: dict[Kind, Callable[[Mapping[str, Any]], Payload]] = {
    Kind.FORGET: _read_forget,
    Kind.RELABEL: _read_relabel,
    Kind.PROMPTS: lambda content: SetPrompts(read_prompts(content["prompts"])),
    Kind.UNDO: _read_switch,
    Kind.REDO: _read_switch,
}


def _ids(examples: Sequence[ExampleId]) -> list[list[Any]]:
    return [[key.operation.robot, key.operation.number, key.place] for key in examples]


def _plain(prompts: LabelPrompts) -> dict[str, list[str] | None]:
    return {label: None if texts is None else list(texts) for label, texts in sorted(prompts.items())}
