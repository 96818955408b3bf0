"""What was acknowledged: a memory in RAM that learns the same, to hold a file against."""

from __future__ import annotations

import json
from collections import Counter

from tools.crash.lesson import OWNER, Lesson, clock, learn
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.types.example import Example


class Ledger:
    """Follows a memory by what its process tells.

    Attributes:
        pending: The lesson that was begun and not acknowledged; it may be in the file or not.
        acknowledged: Lessons by kind.
    """

    def __init__(self) -> None:
        self.memory = Memory(OWNER, clock=clock)
        self.pending: Lesson | None = None
        self.acknowledged: Counter[str] = Counter()
        self._ever = {self._text(example) for example in self.memory.examples()}
        self._prompts: set[str] = set()

    def begins(self, lesson: Lesson) -> None:
        """A lesson is on its way."""
        self.pending = lesson

    def done(self, version: int) -> str:
        """The lesson was acknowledged; returns what is wrong with that, empty = nothing."""
        if self.pending is None:
            return "a lesson was acknowledged that never began"
        self.acknowledged[self.pending.kind] += 1
        self._learn(self.pending)
        self.pending = None
        expected = self.memory.version
        return "" if version == expected else f"version {version} was acknowledged; expected {expected}"

    def opened(self, version: int) -> str:
        """A process found this version: the pending lesson is in the file, or it is not."""
        pending = self.pending
        if pending is not None and pending.kind == "start":
            return self._fault(version)
        if pending is not None and version == self.memory.version + 1:
            self._learn(pending)
        self.pending = None
        return self._fault(version)

    def compare(self, found: Memory) -> str:
        """What is wrong with the state of a memory that was opened after a kill; empty = nothing."""
        fault = self.opened(found.version)
        self.pending = None
        if not fault and found.state_hash() != self.memory.state_hash():
            fault = "the examples or prompts are not those that were acknowledged"
        return fault or self.deeper_fault(found)

    def deeper_fault(self, found: Memory) -> str:
        """What is wrong with history, pictures, qualities or what undo brings back; empty = nothing."""
        if found.history() != self.memory.history():
            return "the history is not the one that was acknowledged"
        same = found.content_hash() == self.memory.content_hash()
        return "" if same else "pictures, qualities or what undo brings back are not those acknowledged"

    def knows(self, found: Memory) -> str:
        """An example or prompt of `found` that was never acknowledged; empty = there is none."""
        strangers = [example.id for example in found.examples() if self._text(example) not in self._ever]
        if strangers:
            return f"example {strangers[0]} was never acknowledged so"
        texts = {json.dumps(item) for item in found.prompts.items()}
        return "" if texts <= self._prompts else "a prompt was never acknowledged so"

    def _learn(self, lesson: Lesson) -> None:
        learn(self.memory, lesson)
        self._ever |= {self._text(example) for example in self.memory.examples()}
        self._prompts |= {json.dumps(item) for item in self.memory.prompts.items()}

    def _fault(self, version: int) -> str:
        expected = self.memory.version
        return "" if version == expected else f"version {version} was found; expected {expected}"

    @staticmethod
    def _text(example: Example) -> tuple:
        vector = example.embedding.tobytes()
        return example.id, example.label, example.negative, vector, example.thumbnail
