# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The oracle: a memory in RAM that does what was acknowledged, to hold a file against."""

from __future__ import annotations

import json
from collections import Counter

from tools.crash.operation import ENCODER, TrialOperation, do, new_memory
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.payload import Relabel, Switch, TaughtExample, Teach
from vfrt_ros.core.memory.payload_bytes import decode
from vfrt_ros.core.types.example import Example
from vfrt_ros.core.types.operation import ExampleId, Operation, OperationId


class Oracle:
    """Follows a memory by what its process tells.

    Attributes:
        pending: The operation that was begun and not acknowledged; it may be in the file or not.
        acknowledged: Operations by kind.
    """

    def __init__(self) -> None:
        self.memory = new_memory()
        self.pending: TrialOperation | None = None
        self.acknowledged: Counter[str] = Counter()
        self._read: set[OperationId] = set()
        self._taught: dict[str, tuple] = {}
        self._labels: dict[str, set[str]] = {}
        self._prompts: set[str] = set()

    def begins(self, operation: TrialOperation) -> None:
        """An operation is on its way."""
        self.pending = operation

    def done(self, version: int) -> str:
        """The operation was acknowledged; returns what is wrong with that, empty = nothing."""
        if self.pending is None:
            return "an operation was acknowledged that never began"
        self.acknowledged[self.pending.kind] += 1
        self._do(self.pending)
        self.pending = None
        expected = self.memory.version
        return "" if version == expected else f"version {version} was acknowledged; expected {expected}"

    def opened(self, version: int) -> str:
        """A process found this version: the pending operation is in the file, or it is not."""
        pending = self.pending
        if pending is not None and pending.kind == "start":
            return self._fault(version)
        if pending is not None and version == self.memory.version + 1:
            self._do(pending)
        self.pending = None
        return self._fault(version)

    def compare(self, found: Memory) -> str:
        """The fault in the state of a memory that was opened after a kill; empty = nothing."""
        fault = self.opened(found.version)
        self.pending = None
        if not fault and found.state_hash() != self.memory.state_hash():
            fault = "other operations are in force than those that were acknowledged"
        return fault or self.deeper_fault(found)

    def deeper_fault(self, found: Memory) -> str:
        """The fault in examples, prompts, history, pictures or what undo brings back; empty = nothing."""
        if found.log.history() != self.memory.log.history():
            return "the history is not the one that was acknowledged"
        if _state(found) != _state(self.memory):
            return "the examples or prompts are not those that were acknowledged"
        same = found.content_hash() == self.memory.content_hash()
        return "" if same else "pictures, qualities or what undo brings back are not those acknowledged"

    def knows(self, found: Memory) -> str:
        """An example, its label or a prompt of `found` that no acknowledged operation gave; empty = there is none."""
        for example in found.examples.with_details(found.examples()):
            key = str(example.id)
            if self._taught.get(key) != _content(example) or example.label not in self._labels[key]:
                return f"example {key} was never acknowledged so"
        texts = {json.dumps(item) for item in found.prompts.items()}
        return "" if texts <= self._prompts else "a prompt was never acknowledged so"

    def _do(self, operation: TrialOperation) -> None:
        do(self.memory, operation)
        for key in self.memory.log.known() - self._read:
            done = self.memory.log.operation(key)
            if done is not None:
                self._remember(done)
        self._read |= self.memory.log.known()

    def _remember(self, operation: Operation) -> None:
        """Keep the examples that an operation gives by itself, whatever became of the others."""
        payload = decode(operation.kind, operation.payload, ENCODER.dim)
        if isinstance(payload, Teach):
            for place, example in enumerate(payload.examples):
                key = str(ExampleId(operation.id, place))
                self._taught[key] = _content(example)
                self._labels.setdefault(key, set()).add(example.label)
        if isinstance(payload, Relabel):
            for name in payload.examples:
                self._labels.setdefault(str(name), set()).add(payload.new_label)
        if not isinstance(payload, Switch):
            self._prompts |= {json.dumps(item) for item in payload.prompts.items()}

    def _fault(self, version: int) -> str:
        expected = self.memory.version
        return "" if version == expected else f"version {version} was found; expected {expected}"


def _state(memory: Memory) -> tuple:
    """Examples and prompts as rules see them: in order, to the bit."""
    examples = [(e.id, e.label, e.negative, e.embedding.tobytes()) for e in memory.examples()]
    return examples, sorted(memory.prompts.items())


def _content(example: Example | TaughtExample) -> tuple:
    return example.negative, example.embedding.tobytes(), example.thumbnail
