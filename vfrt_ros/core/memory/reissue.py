# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Give operations of a memory new ids where another robot has used theirs: a copy was made that nobody noticed.

A disk that was cloned, or put back, with everything that tells one machine from the other goes on under the same robot
id. Operations that nobody else has seen can still get other ids; so nothing that was taught is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vfrt_ros.core.memory.folded_log import FoldedLog
from vfrt_ros.core.memory.operation_row import operation_of, row_of
from vfrt_ros.core.memory.payload import Forget, Payload, Relabel, Switch
from vfrt_ros.core.memory.payload_bytes import decode, encode
from vfrt_ros.core.memory.schema import fresh_robot
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.example import Change, Example, Step
from vfrt_ros.core.types.operation import ExampleId, Operation, OperationId

Names = Mapping[OperationId, OperationId]


def reissue(log: FoldedLog, after: int) -> Step:
    """Go on as another robot, and take this one's newest operations along.

    Args:
        log: Nobody else uses it meanwhile.
        after: The last of its numbers that others know; those above get the new robot's ids, from 1.

    Returns:
        What changed: their examples under the old ids were removed, and added under the new ones.
    """
    old = [key for key in log.fold.in_order() if key.robot == log.robot and key.number > after]
    robot = fresh_robot()
    names = {key: OperationId(robot, place) for place, key in enumerate(old, start=1)}
    rows = [_renamed(log, key, names) for key in old]
    removed = _examples_of(log, set(old))
    log.rename(robot, after, rows)
    added = _examples_of(log, set(names.values()))
    what = f"goes on as robot {robot}, with {counted(len(old), 'operation')}"
    step = Step(None, what, Change(tuple(added), tuple(removed)))
    log.followers.tell(step)
    return step


def _examples_of(log: FoldedLog, operations: set[OperationId]) -> list[Example]:
    rows = (int(row) for row in log.state.table.all_rows())
    return [log.state.example(row) for row in rows if log.state.table.key(row).operation in operations]


def _renamed(log: FoldedLog, key: OperationId, names: Names) -> tuple:
    row = log.store.operation(key)
    if row is None:
        raise KeyError(key)
    operation = operation_of(row)
    payload = decode(operation.kind, operation.payload, log.encoder.dim, trusted=True)
    name = names[key]
    return row_of(
        Operation.make(
            name.robot, name.number, operation.clock, operation.kind, encode(_naming(payload, names))
        )
    )


def _naming(payload: Payload, names: Names) -> Payload:
    """The payload with the new ids in the place of the old ones."""
    if isinstance(payload, (Forget, Relabel)):
        examples = tuple(
            ExampleId(names.get(each.operation, each.operation), each.place) for each in payload.examples
        )
        return replace(payload, examples=examples)
    if isinstance(payload, Switch):
        return Switch(tuple(names.get(target, target) for target in payload.targets))
    return payload
