# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Take operations of other robots into a memory: what is sound in one step; what is not is refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.payload import Teach
from vfrt_ros.core.memory.payload_bytes import decode
from vfrt_ros.core.types.errors import (
    EncoderError,
    MemoryStoreError,
    OperationError,
    OperationFault,
    VfrtError,
)
from vfrt_ros.core.types.operation import Kind, Operation, OperationId
from vfrt_ros.fleet.subjects import Sender


@dataclass(frozen=True, slots=True)
class Incoming:
    """An operation that came.

    Attributes:
        sender: Under whose subject.
        sequence: The number of its (first) message in the stream.
        brought: The sender has imported it from a file.
        passed_on: The sender has it from the stream as it was before it was lost.
    """

    operation: Operation
    sender: Sender
    sequence: int
    pruned: bool = False
    brought: bool = False
    passed_on: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """An operation, or a message, that was not taken."""

    sender: Sender
    sequence: int
    fault: OperationFault
    text: str
    clock: int = 0


def sort_out(memory: Memory, arrivals: Sequence[Incoming]) -> tuple[list[Incoming], list[Refusal]]:
    """Tell what is new to a memory, and what is to be refused; nobody else uses the memory until `adopt` is done.

    Where the stream has another operation under a number of this memory's own, the memory is a copy that nobody
    noticed: it goes on as another robot and keeps what it was taught.

    Raises:
        MemoryStoreError: It could not be written; nothing changed.
    """
    refused: list[Refusal] = []
    fresh: dict[OperationId, Incoming] = {}
    brought: set[OperationId] = set()
    for arrival in arrivals:
        key = arrival.operation.id
        try:
            _check_sender(memory, arrival, brought)
            if key in fresh:
                _check_same(arrival, fresh[key])
            elif _is_fresh(memory, arrival):
                fresh[key] = arrival
                brought |= _brings(memory, arrival.operation)
        except OperationError as error:
            refused.append(_refusal(arrival, error.fault, error))
    return list(fresh.values()), refused


def adopt(memory: Memory, fresh: Sequence[Incoming], facts: Mapping[str, str]) -> list[Refusal]:
    """Add what is new to a memory, in one transaction with facts.

    Returns:
        What was refused after all. The others are then added one by one, and the facts last.

    Raises:
        MemoryStoreError: It could not be written; the facts were not.
        EncoderError: Prompts cannot be encoded now; the facts were not written.
        OperationError: The clock was set back meanwhile, and one is from the future now; the facts were not written.
    """
    try:
        _add(memory, fresh, facts)
        return []
    except VfrtError as error:
        _check_that_it_is_final(error)
    refused = []
    for each in fresh:
        try:
            _add(memory, [each], {})
        except VfrtError as error:
            _check_that_it_is_final(error)
            refused.append(_refusal(each, OperationFault.BROKEN, error))
    memory.log.note(facts)
    return refused


def _add(memory: Memory, fresh: Sequence[Incoming], facts: Mapping[str, str]) -> None:
    pruned = frozenset(each.operation.id for each in fresh if each.pruned)
    memory.log.adopt([each.operation for each in fresh], facts, pruned=pruned)


def _check_that_it_is_final(error: VfrtError) -> None:
    """Raises it where it may be otherwise the next time."""
    is_future = isinstance(error, OperationError) and error.fault is OperationFault.FUTURE
    if is_future or isinstance(error, (MemoryStoreError, EncoderError)):
        raise error


def _is_fresh(memory: Memory, arrival: Incoming) -> bool:
    operation = arrival.operation
    try:
        return memory.log.is_fresh(operation, pruned=arrival.pruned)
    except OperationError as error:
        is_own = operation.robot == memory.robot and not arrival.brought
        if not (is_own and error.fault is OperationFault.OTHER_NUMBER):
            raise
    memory.log.reissue(operation.number - 1)
    return True


def _check_sender(memory: Memory, arrival: Incoming, brought: set[OperationId]) -> None:
    """An operation comes under its robot's subject, or has come in with a file that the sender imported."""
    key = arrival.operation.id
    if arrival.brought:
        if key in brought or memory.log.came_with_a_file(key):
            return
    elif key.robot == arrival.sender.robot:
        return
    raise OperationError(
        f"{key} came from robot {arrival.sender.name} ({arrival.sender.robot}), whose operation it is not",
        OperationFault.OTHER_NUMBER,
    )


def _check_same(arrival: Incoming, known: Incoming) -> None:
    if arrival.operation.checksum != known.operation.checksum:
        raise OperationError(
            f"{arrival.operation.id} came twice, and not the same", OperationFault.OTHER_NUMBER
        )


def _brings(memory: Memory, operation: Operation) -> set[OperationId]:
    if operation.kind is not Kind.TEACH:
        return set()
    payload = decode(operation.kind, operation.payload, memory.encoder.dim, trusted=True)
    return set(payload.adopted) if isinstance(payload, Teach) else set()


def _refusal(arrival: Incoming, fault: OperationFault, error: Exception) -> Refusal:
    return Refusal(arrival.sender, arrival.sequence, fault, str(error), arrival.operation.clock)
