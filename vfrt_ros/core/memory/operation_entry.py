# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""An operation as bytes outside of a memory: in an export, and on its way to other robots.

An entry is a MessagePack array: robot, number, clock, kind, pruned, payload, digest; `operation_row.py` says what
these are, `payload.py` what a payload holds.
"""

from __future__ import annotations

from typing import Any

import msgpack

from vfrt_ros.core.memory.operation_row import Row, row_of
from vfrt_ros.core.memory.payload_bytes import decode
from vfrt_ros.core.memory.payload_values import check_robot
from vfrt_ros.core.types.errors import OperationError
from vfrt_ros.core.types.operation import NO_END, Kind, Operation


def pack_entry(row: Row) -> bytes:
    """The entry of a row of the log.

    Args:
        row: Of the log.
    """
    return bytes(msgpack.packb(row[:-1]))


def unpack_entry(data: bytes, dim: int) -> Row:
    """The row of an entry; nothing in it is believed.

    Args:
        data: What `pack_entry` gave.
        dim: Length of an embedding of the memory.

    Raises:
        OperationError: Not an operation, not whole, or holds what no memory of this dimension can hold.
    """
    try:
        return row_of_entry(msgpack.unpackb(data), dim)
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException) as error:
        raise OperationError(f"not an operation: {str(error) or type(error).__name__:.200}") from error


def row_of_entry(entry: Any, dim: int) -> Row:
    """As `unpack_entry`, of an entry that MessagePack has read.

    Args:
        entry: A list, as MessagePack gives it.
        dim: Length d of an embedding.

    Raises:
        OperationError, ValueError, TypeError: Not such an entry; the text says why.
    """
    robot, number, clock, kind, pruned, payload, digest = entry
    if not isinstance(payload, bytes) or not isinstance(digest, bytes) or len(digest) != 32:
        raise TypeError("an operation must carry bytes and a digest of 32 bytes")
    if not (_is_whole(number, 1) and _is_whole(clock, 0)):
        raise ValueError("an operation must have a number from 1 and a clock from 0, both below 2^62")
    operation = Operation(check_robot(robot), number, clock, Kind(kind), payload, digest)
    decode(operation.kind, payload, dim)
    if not pruned and not operation.is_whole:
        raise ValueError(f"operation {operation.id} is not as it was made: its checksum differs")
    return row_of(operation, pruned=bool(pruned))


def _is_whole(value: Any, least: int) -> bool:
    """Whether it is a whole number that the log holds, and no bool, which would be another text in the checksum."""
    return type(value) is int and least <= value < NO_END
