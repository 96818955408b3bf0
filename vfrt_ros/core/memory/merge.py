# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Add what another robot learned to a memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.frames.quality import duplicate_of
from vfrt_ros.core.memory.bundle import Bundle
from vfrt_ros.core.memory.fold import Fold
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.operation_row import is_pruned, operation_of
from vfrt_ros.core.memory.payload import LabelPrompts, TaughtExample, Teach
from vfrt_ros.core.memory.payload_bytes import decode
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.core.types.example import Example, Prompts
from vfrt_ros.core.types.operation import ExampleId, Operation, OperationId


@dataclass(frozen=True, slots=True)
class Merged:
    """Counts of a merge: examples added, those that were there, labels whose prompts changed, prompts left alone.

    Attributes:
        by_log: Operations were taken over, so that "there" means the same example, not one that looks alike.
    """

    added: int
    duplicates: int
    prompts: int
    prompts_kept: int
    by_log: bool = False

    @property
    def in_words(self) -> str:
        """A sentence or two."""
        prompts = f" and the prompts of {counted(self.prompts, 'label')}" if self.prompts else ""
        left_out = f"; {counted(self.duplicates, 'near duplicate')} left out" if self.duplicates else ""
        if self.by_log and self.duplicates:
            left_out = f"; {counted(self.duplicates, 'example')} known already"
        kept = (
            f"; prompts kept as they were: {counted(self.prompts_kept, 'label')}" if self.prompts_kept else ""
        )
        undo = " Undo takes it back." if self.added or self.prompts else ""
        return f"Added {counted(self.added, 'example')}{prompts}{left_out}{kept}.{undo}"


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that was worked out against one state of a memory.

    Attributes:
        bundle, source: What to add, and where it comes from, in words.
        version: Of the memory that it was held against.
        operations: Those of a log that this memory does not have.
        pruned: Those of them that have lost what nothing can bring back.
        fresh: The examples that this memory does not have.
        prompts: That it would set.
        kept: Labels that keep other prompts than the bundle has.
    """

    bundle: Bundle
    source: str
    version: int
    operations: tuple[Operation, ...]
    pruned: frozenset[OperationId]
    fresh: tuple[TaughtExample, ...]
    prompts: LabelPrompts
    kept: int


@dataclass(frozen=True, slots=True)
class MemoryState:
    """The contents of a memory at one moment; reading it needs no lock."""

    encoder: EncoderIdentity
    version: int
    examples: tuple[Example, ...]
    prompts: Mapping[str, Prompts]
    known: frozenset[OperationId]

    @classmethod
    def of(cls, memory: Memory) -> MemoryState:
        """As it is now.

        Args:
            memory: Whose lock is held.
        """
        return cls(
            memory.encoder, memory.version, tuple(memory.examples()), dict(memory.prompts), memory.log.known()
        )

    @property
    def labels(self) -> list[str]:
        """Every label, sorted."""
        return sorted({example.label for example in self.examples} | self.prompts.keys())

    def counts(self) -> Counter[str]:
        """Examples of each label, negatives among them."""
        return Counter(example.label for example in self.examples)


def prepare(state: MemoryState, bundle: Bundle, source: str) -> Merge:
    """Work out what a merge would add: the long part of it, which changes nothing.

    Args:
        state: Of the memory.
        bundle: What to add.
        source: Where it came from, in words; kept with examples that do not say so themselves.

    Raises:
        RequestError: It is another encoder's.
    """
    if not (state.encoder.owns(bundle.encoder) or bundle.encoder.owns(state.encoder)):
        raise RequestError(
            f"It was learned with the encoder {bundle.encoder} and the memory with {state.encoder}: embeddings of "
            "different encoders cannot be mixed; import it into a memory of its own and re-embed that one."
        )
    if bundle.rows:
        return _prepare_log(state, bundle, source)
    fresh = [
        replace(e, source=e.source or source) for e in _without_duplicates(state.examples, bundle.examples)
    ]
    prompts = {label: texts for label, texts in bundle.prompts.items() if label not in state.prompts}
    kept = sum(state.prompts.get(label, texts) != texts for label, texts in bundle.prompts.items())
    return Merge(bundle, source, state.version, (), frozenset(), tuple(fresh), prompts, kept)


def carry_out(memory: Memory, prepared: Merge) -> Merged:
    """Add what was worked out, as one step: one undo takes it all back. The same bundle again adds nothing.

    A log's operations are taken over as they are. Examples of a choice of labels go to the labels of the same name, and
    prompts to labels that have none.

    Args:
        memory: That it was worked out for, unchanged since.
        prepared: By `prepare`.

    Raises:
        OperationError: An operation is not one that this memory can take; nothing changed.
        MemoryStoreError: It could not be written; nothing changed.
    """
    if prepared.bundle.rows:
        step = memory.log.adopt(prepared.operations, origin=prepared.source, pruned=prepared.pruned)
        taken = {operation.id for operation in prepared.operations}
        known = [row for row in prepared.bundle.rows if OperationId(row[0], row[1]) not in taken]
        there = sum(len(row_teaches(row, memory.encoder.dim)) for row in known)
        return Merged(len(step.examples.added), there, len(step.prompts.after), 0, by_log=True)
    fresh, prompts = prepared.fresh, prepared.prompts
    if fresh or prompts:
        memory.merge(fresh, prompts, prepared.source)
    return Merged(len(fresh), len(prepared.bundle.examples) - len(fresh), len(prompts), prepared.kept)


def bundle_of(memory: Memory) -> Bundle:
    """All of a memory that can be shared, as it is at this moment.

    Args:
        memory: Any; its lock is held meanwhile.
    """
    with memory.lock:
        return Bundle(memory.encoder, tuple(memory.log.rows()))


def contents_of(bundle: Bundle) -> Bundle:
    """The contents that a bundle's log comes to: the examples and prompts that are in force, without what was done.

    Args:
        bundle: With a log or without.
    """
    if not bundle.rows:
        return bundle
    memory = Memory(bundle.encoder)
    operations = [operation_of(row) for row in bundle.rows]
    memory.log.adopt(
        operations, pruned=frozenset(operation_of(row).id for row in bundle.rows if is_pruned(row))
    )
    return Bundle(bundle.encoder, (), tuple(memory.examples.taught()), dict(memory.prompts))


def row_teaches(row: tuple, dim: int) -> tuple[TaughtExample, ...]:
    """The examples of an operation, whether it is in force or not; () where it teaches none.

    Args:
        row: Of the log.
        dim: Length d of an embedding.
    """
    operation = operation_of(row)
    payload = decode(operation.kind, operation.payload, dim)
    return payload.examples if isinstance(payload, Teach) else ()


def _prepare_log(state: MemoryState, bundle: Bundle, source: str) -> Merge:
    """The examples that a slice of a log would add, as far as can be told without this memory's own operations."""
    fold, dim = Fold(), state.encoder.dim
    rows = [row for row in bundle.rows if OperationId(row[0], row[1]) not in state.known]
    taught: dict[OperationId, Teach] = {}
    prompts: dict[str, None] = {}
    for row in rows:
        operation = operation_of(row)
        payload = decode(operation.kind, operation.payload, dim)
        fold.add(operation, payload)
        if isinstance(payload, Teach):
            taught[operation.id] = payload
        prompts |= dict.fromkeys(getattr(payload, "prompts", {}))
    fresh = tuple(
        replace(example, label=label)
        for key, teach in taught.items()
        for index, example in enumerate(teach.examples)
        if (label := fold.label(ExampleId(key, index))) is not None
    )
    settled = {label: texts for label in prompts if (texts := fold.prompts(label)) is not None}
    operations = tuple(operation_of(row) for row in rows)
    pruned = frozenset(operation_of(row).id for row in rows if is_pruned(row))
    return Merge(bundle, source, state.version, operations, pruned, fresh, settled, 0)


def _without_duplicates(known: Iterable[Example], new: Sequence[TaughtExample]) -> list[TaughtExample]:
    """The new examples, in their order, that neither the known ones nor the new ones before them have."""
    rows: dict[tuple[str, bool], _Rows] = defaultdict(_Rows)
    for example in known:
        rows[example.label, example.negative].append(example.embedding)
    fresh = []
    for taught in new:
        others = rows[taught.label, taught.negative]
        if duplicate_of(taught.embedding, others.all) is None:
            others.append(taught.embedding)
            fresh.append(taught)
    return fresh


class _Rows:
    """Vectors as the rows of one array that grows without being copied each time."""

    def __init__(self) -> None:
        self._array = np.empty((0, 0), np.float32)
        self._count = 0

    @property
    def all(self) -> npt.NDArray[np.float32]:
        """(n, d) float32."""
        return self._array[: self._count]

    def append(self, vector: npt.NDArray[np.float32]) -> None:
        """One more."""
        if self._count == len(self._array):
            grown = np.empty((max(16, 2 * self._count), vector.size), np.float32)
            grown[: self._count] = self.all.reshape(self._count, vector.size)
            self._array = grown
        self._array[self._count] = vector
        self._count += 1
