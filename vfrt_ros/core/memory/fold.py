# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Fold operations into the state of a memory, in whatever order they come.

Each part of the state is decided by the operations that name it, not by what came before:

- an example is there if the operation that taught it is in force and no `forget` in force names it; its label is
  the one of the last `relabel` in force that names it, else the one it was taught under;
- the prompts of a label are those of the last operation in force that sets them;
- a change is in force unless an `undo` in force names it, an undo unless a `redo` names it.

"Last" is by (clock, robot, number). So any set of operations gives one state, and a late one costs what it names.
These are a last-writer-wins map and an observed-remove set. Source: Shapiro et al. 2011, "A comprehensive study of
convergent and commutative replicated data types", INRIA RR-7506.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from vfrt_ros.core.memory.fold_entry import FoldEntry, entry_of
from vfrt_ros.core.memory.payload import Forget, Payload, Relabel, Switch
from vfrt_ros.core.types.example import Prompts
from vfrt_ros.core.types.operation import ExampleId, Kind, Operation, OperationId

HASH_BITS = 256

Name = TypeVar("Name")


@dataclass(frozen=True, slots=True)
class StateDifference:
    """Changes by operations.

    Attributes:
        examples: The label of each changed example before and after; None = it is not there.
        touched: Labels whose prompts something was said about, whether that changed them or not.
    """

    examples: dict[ExampleId, tuple[str | None, str | None]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    def join(self, later: StateDifference) -> None:
        """Take in what later operations changed.

        Args:
            later: Their changes.
        """
        self.touched.update(later.touched)
        for name, (before, after) in later.examples.items():
            self.examples[name] = (self.examples.get(name, (before,))[0], after)


class Fold:
    """The state that a set of operations gives, kept up to date as more of them come.

    Not thread-safe: its owner holds one lock around it.

    Attributes:
        newest_clock: The highest clock reading of all operations; 0 = there is none.
    """

    def __init__(self) -> None:
        self.newest_clock = 0
        self._entries: dict[OperationId, FoldEntry] = {}
        self._switched_by: dict[OperationId, list[OperationId]] = {}
        self._named_by: dict[ExampleId, list[OperationId]] = {}
        self._set_by: dict[str, list[OperationId]] = {}
        self._newest: dict[str, int] = {}
        self._sum = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: OperationId) -> bool:
        return key in self._entries

    @property
    def state_hash(self) -> str:
        """64 hexadecimal digits: equal if the same changes are in force, and only then.

        The sum of the checksums modulo 2^256, so that a change costs one addition. Source: Bellare and Micciancio 1997,
        "A new paradigm for collision-free hashing: incrementality at reduced cost" (AdHash).
        """
        return f"{self._sum:064x}"

    def newest(self, robot: str) -> int:
        """The highest number of a robot's operations; 0 = none is known.

        Args:
            robot: Id of a memory.
        """
        return self._newest.get(robot, 0)

    def robots(self) -> dict[str, int]:
        """The highest number of each robot's operations."""
        return dict(self._newest)

    def entry(self, key: OperationId) -> FoldEntry:
        """An operation that is known, to be read only.

        Args:
            key: Of an operation that is known.
        """
        return self._entries[key]

    def clock(self, key: OperationId) -> int:
        """When an operation that is known was done."""
        return self._entries[key].order[0]

    def last_word(self, key: ExampleId) -> int:
        """The clock of the newest operation that has a part in the state of an example."""
        names = [key.operation, *self._named_by.get(key, ())]
        switches = [switch for name in names for switch in self._switched_by.get(name, ())]
        again = [switch for name in switches for switch in self._switched_by.get(name, ())]
        return max(self.clock(name) for name in (*names, *switches, *again) if name in self._entries)

    def in_order(self) -> list[OperationId]:
        """All operations, in the order of the fold."""
        return sorted(self._entries, key=lambda key: self._entries[key].order)

    def add(self, operation: Operation, payload: Payload) -> StateDifference:
        """Take an operation in; one that is known changes nothing.

        Args:
            operation: Whole, in any order of coming.
            payload: What it carries.
        """
        key = operation.id
        if key in self._entries:
            return StateDifference()
        entry = entry_of(operation, payload)
        reach = [(key, entry), *self._reach(entry)]
        before = {name: self.label(name) for other, each in reach for name in each.examples(other)}
        self._enter(key, entry)
        self._decide(key, entry)
        examples = {name: (old, new) for name, old in before.items() if (new := self.label(name)) != old}
        return StateDifference(examples, {label for _, each in reach for label in each.prompts})

    def take_out(self, keys: Iterable[OperationId]) -> None:
        """As if these operations, which came last, had never come: they could not be written.

        Args:
            keys: Of operations that are known, the last one that came first.
        """
        for key in keys:
            entry = self._entries.pop(key)
            for target in entry.targets:
                _without(self._switched_by, target, key)
            for name in entry.names:
                _without(self._named_by, name, key)
            for label in entry.prompts:
                _without(self._set_by, label, key)
            self._sum = (self._sum - entry.counted * entry.checksum) % (1 << HASH_BITS)
            for target, other in self._targets(entry):
                self._decide(target, other)
            numbers = [known.number for known in self._entries if known.robot == key.robot]
            self._newest[key.robot] = max(numbers, default=0)
            if not numbers:
                del self._newest[key.robot]
        self.newest_clock = max((entry.order[0] for entry in self._entries.values()), default=0)

    def label(self, key: ExampleId) -> str | None:
        """The label of an example; None = it is not there."""
        taught = self._entries.get(key.operation)
        if taught is None or not taught.in_force or key.place >= len(taught.labels):
            return None
        label, order = taught.labels[key.place], taught.order
        for name in self._named_by.get(key, ()):
            entry = self._entries[name]
            if not entry.in_force:
                continue
            if entry.kind is Kind.FORGET:
                return None
            if entry.order > order:
                label, order = entry.new_label, entry.order
        return label

    def prompts(self, label: str) -> Prompts | None:
        """The prompts of a label; None = it has none."""
        setters = [self._entries[key] for key in self._set_by.get(label, ())]
        counting = [entry for entry in setters if entry.in_force]
        return max(counting, key=lambda entry: entry.order).prompts[label] if counting else None

    def concerns(self, payload: Payload) -> set[ExampleId]:
        """The examples whose state a new operation with this payload may change, those it teaches itself left out.

        Args:
            payload: Of an operation that is still to come.
        """
        if isinstance(payload, (Forget, Relabel)):
            return set(payload.examples)
        if not isinstance(payload, Switch):
            return set()
        names: set[ExampleId] = set()
        for target in payload.targets:
            known = self._entries.get(target)
            if known is not None:
                for key, other in ((target, known), *self._reach(known)):
                    names.update(other.examples(key))
        return names

    def has_setter(self, label: str) -> bool:
        """Whether an operation in force sets or takes away the prompts of a label."""
        return any(self._entries[key].in_force for key in self._set_by.get(label, ()))

    def _reach(self, entry: FoldEntry) -> Iterator[tuple[OperationId, FoldEntry]]:
        """The known operations that a switch puts in or out of force, and those that they do."""
        for target, other in self._targets(entry):
            yield target, other
            yield from self._reach(other)

    def _targets(self, switch: FoldEntry) -> Iterator[tuple[OperationId, FoldEntry]]:
        known = ((target, self._entries.get(target)) for target in switch.targets)
        return ((target, other) for target, other in known if other is not None and switch.acts_on(other))

    def _enter(self, key: OperationId, entry: FoldEntry) -> None:
        self._entries[key] = entry
        self._newest[key.robot] = max(self.newest(key.robot), key.number)
        self.newest_clock = max(self.newest_clock, entry.order[0])
        for target in entry.targets:
            self._switched_by.setdefault(target, []).append(key)
        for name in entry.names:
            self._named_by.setdefault(name, []).append(key)
        for label in entry.prompts:
            self._set_by.setdefault(label, []).append(key)

    def _decide(self, key: OperationId, entry: FoldEntry) -> None:
        """Whether an operation is in force now, and then those that it switches."""
        counted = entry.counted
        switches = (self._entries[switch] for switch in self._switched_by.get(key, ()))
        entry.in_force = not any(switch.in_force and switch.acts_on(entry) for switch in switches)
        entry.counted = entry.in_force and entry.says_something
        self._sum = (self._sum + (entry.counted - counted) * entry.checksum) % (1 << HASH_BITS)
        for target, other in self._targets(entry):
            self._decide(target, other)


def _without(lists: dict[Name, list[OperationId]], name: Name, key: OperationId) -> None:
    lists[name].remove(key)
    if not lists[name]:
        del lists[name]
