# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Drop what undo can no longer reach: the embeddings and pictures of examples that nothing can bring back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from vfrt_ros.core.memory.folded_log import FoldedLog
from vfrt_ros.core.memory.operation_row import Row, operation_of, row_of
from vfrt_ros.core.memory.payload import Teach
from vfrt_ros.core.memory.payload_bytes import decode, encode
from vfrt_ros.core.types.operation import ExampleId, Kind, OperationId


def compact(log: FoldedLog, depth: int) -> int:
    """Drop what lies beyond the reach of undo, and give its room back to the disk.

    That it was taught, and by whom, stays in the log, so that the state hash is what it was. It is a change like
    others, so that a kill leaves both files as they were before or as they are afterwards.

    Args:
        log: Nobody else uses it meanwhile.
        depth: As for `Memory.compact`, and so are answer and errors.
    """
    horizon = _horizon(log, depth)
    rows, dropped = [], 0
    for clock, robot, number, kind in log.store.heads():
        key = OperationId(robot, number)
        dead = _dead(log, key, horizon) if clock <= horizon and kind == Kind.TEACH else []
        row = log.store.operation(key) if dead else None
        lost = pruned_row(row, dead, log.encoder.dim) if row is not None else None
        if lost is not None:
            rows.append(lost[0])
            dropped += lost[1]
    if rows or horizon > log.undo_after:
        log.store.prune(rows, log.version + 1, {"undo_after": str(horizon)})
        log.version, log.undo_after = log.version + 1, horizon
    log.store.compact()
    return dropped


def pruned_row(row: Row, dead: Collection[int], dim: int) -> tuple[Row, int] | None:
    """A teaching without what its dead examples carried.

    Args:
        row: Of the teaching.
        dead: Places of the examples that nothing can bring back.
        dim: Length of an embedding.

    Returns:
        The new row and how many examples it dropped; None where there is nothing to drop.
    """
    operation = operation_of(row)
    payload = decode(operation.kind, operation.payload, dim, trusted=True)
    if not isinstance(payload, Teach):
        return None
    lost = [index for index in dead if len(payload.examples[index].embedding)]
    if not lost:
        return None
    nothing = np.empty(0, np.float32)
    examples = tuple(
        replace(example, embedding=nothing, thumbnail=b"", quality={}) if index in dead else example
        for index, example in enumerate(payload.examples)
    )
    smaller = replace(operation, payload=encode(replace(payload, examples=examples)))
    return row_of(smaller, pruned=True), len(lost)


def _horizon(log: FoldedLog, depth: int) -> int:
    """The clock up to which undo reaches nothing, if it is to reach so many changes of this robot."""
    own = [
        clock
        for clock, robot, number, kind in log.store.heads()
        if number <= log.own_robots.get(robot, 0) and not Kind(kind).switches
    ]
    newest = log.fold.newest_clock if depth == 0 else own[-depth] - 1 if len(own) >= depth else 0
    return max(log.undo_after, newest)


def _dead(log: FoldedLog, key: OperationId, horizon: int) -> list[int]:
    """Places of the examples of a teaching that are not there, by something that lies before the horizon."""
    names = (ExampleId(key, index) for index in range(len(log.fold.entry(key).labels)))
    return [
        name.place for name in names if name not in log.state.table and log.fold.last_word(name) <= horizon
    ]
