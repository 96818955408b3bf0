# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Operations as rows of the log, and back.

A row is (robot, number, clock, kind, pruned, payload, digest, checksum). The digest is the operation's own
checksum. A pruned row has lost the pictures and embeddings that nothing can bring back any more: its payload no
longer matches the digest, so the row's checksum covers the payload instead.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from vfrt_ros.core.memory.checksum import checksum
from vfrt_ros.core.types.operation import Kind, Operation

Row = tuple[Any, ...]
COLUMNS = "robot, number, clock, kind, pruned, payload, digest, checksum"


def row_of(operation: Operation, *, pruned: bool = False) -> Row:
    """The row of an operation.

    Args:
        operation: Any.
        pruned: It has lost what nothing can bring back.
    """
    head = (operation.robot, operation.number, operation.clock, str(operation.kind), int(pruned))
    return (
        *head,
        operation.payload,
        operation.checksum,
        _checksum(head, operation.payload, operation.checksum),
    )


def operation_of(row: Sequence[Any]) -> Operation:
    """The operation in a row.

    Args:
        row: Of the log.
    """
    robot, number, clock, kind, _, payload, digest, _ = row
    return Operation(sys.intern(robot), number, clock, Kind(kind), payload, digest)


def is_pruned(row: Sequence[Any]) -> bool:
    """Whether a row has lost what nothing can bring back any more."""
    return bool(row[4])


def row_fault(row: Sequence[Any]) -> str:
    """Why a row is not as it was written; empty = it is.

    Args:
        row: Of the log, its checksum last.
    """
    if row[-1] != _checksum(tuple(row[:5]), row[5], row[6]):
        return "a row of operation is not as it was written"
    if not row[4] and not operation_of(row).is_whole:
        return f"operation {row[0]}:{row[1]} is not as it was made"
    return ""


def _checksum(head: Sequence[Any], payload: bytes, digest: bytes) -> int:
    return checksum("operation", *head, digest, payload if head[4] else len(payload))
