# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""An operation as the fold keeps it: without embeddings and pictures, and with whether it counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vfrt_ros.core.memory.payload import Forget, Payload, Relabel, SetPrompts, Switch, Teach
from vfrt_ros.core.types.example import Prompts
from vfrt_ros.core.types.operation import ExampleId, Kind, Operation, OperationId


@dataclass(slots=True)
class FoldEntry:
    """An operation without its embeddings and pictures.

    Attributes:
        labels: Of a teaching, the label of each example.
        names: Of a forgetting or a relabelling, the examples.
        prompts: What it sets.
        targets: Of an undo or a redo.
        adopted: Of a teaching, the operations that came in with it.
        counted: Its checksum is part of the state hash.
    """

    order: tuple[int, str, int]
    kind: Kind
    checksum: int
    labels: tuple[str, ...] = ()
    new_label: str = ""
    names: tuple[ExampleId, ...] = ()
    prompts: dict[str, Prompts | None] = field(default_factory=dict)
    targets: tuple[OperationId, ...] = ()
    adopted: tuple[OperationId, ...] = ()
    in_force: bool = True
    counted: bool = False

    @property
    def says_something(self) -> bool:
        """Whether it changes the state by itself: no switch, and no mere note of what came in from a file."""
        return not self.kind.switches and not (self.adopted and not self.labels and not self.prompts)

    def acts_on(self, other: FoldEntry) -> bool:
        """Whether a switch counts for what it names: an undo for earlier changes, a redo for earlier undos.

        Args:
            other: Named by this one.
        """
        fits = other.kind is Kind.UNDO if self.kind is Kind.REDO else not other.kind.switches
        return fits and self.order > other.order

    def examples(self, key: OperationId) -> Iterator[ExampleId]:
        """The examples whose state it has a part in.

        Args:
            key: Its own id.
        """
        yield from (ExampleId(key, index) for index in range(len(self.labels)))
        yield from self.names


def entry_of(operation: Operation, payload: Payload) -> FoldEntry:
    """The entry of an operation, as if nothing switched it.

    Args:
        operation: Whole.
        payload: What it carries.
    """
    entry = FoldEntry(operation.order, operation.kind, int.from_bytes(operation.checksum, "big"))
    match payload:
        case Teach():
            entry.labels = tuple(example.label for example in payload.examples)
            entry.adopted = payload.adopted
        case Forget():
            entry.names = payload.examples
        case Relabel():
            entry.names, entry.new_label = payload.examples, payload.new_label
        case Switch():
            entry.targets = payload.targets
    if isinstance(payload, (Teach, Forget, Relabel, SetPrompts)):
        entry.prompts = dict(payload.prompts)
    return entry
