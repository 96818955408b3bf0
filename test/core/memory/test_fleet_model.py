# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Any operations on any robots, delivered in any order, twice, with restarts and restored backups: one state
everywhere.

The plain model sorts the operations in force and applies them one after another; the memory never does.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.payload import Forget, Relabel, Switch, Teach
from vfrt_ros.core.memory.payload_bytes import decode
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.types.errors import NothingToRedoError, NothingToUndoError
from vfrt_ros.core.types.example import Change
from vfrt_ros.core.types.operation import ExampleId, Kind, Operation, OperationId

from .teaching import ENCODER, new_examples

LABELS = ("cup", "dog", "hat")
ROBOTS = st.integers(0, 2)
DAY = 24 * 3600.0


def plain_state(operations: Iterable[Operation]) -> tuple[dict[ExampleId, str], dict[str, tuple[str, ...]]]:
    """Labels by example and prompts by label: the operations in force, applied in order."""
    ordered = sorted(operations, key=lambda operation: operation.order)
    payloads = {operation.id: decode(operation.kind, operation.payload, ENCODER.dim) for operation in ordered}
    out: set[OperationId] = set()
    for kind in (Kind.REDO, Kind.UNDO):
        for operation in ordered:
            payload = payloads[operation.id]
            if operation.kind is kind and operation.id not in out and isinstance(payload, Switch):
                out |= set(payload.targets)
    examples: dict[ExampleId, str] = {}
    prompts: dict[str, tuple[str, ...] | None] = {}
    for operation in ordered:
        payload = payloads[operation.id]
        if operation.id in out:
            continue
        if isinstance(payload, Teach):
            examples |= {ExampleId(operation.id, i): each.label for i, each in enumerate(payload.examples)}
        if isinstance(payload, Forget):
            for name in payload.examples:
                examples.pop(name, None)
        if isinstance(payload, Relabel):
            examples |= {name: payload.new_label for name in payload.examples if name in examples}
        prompts |= getattr(payload, "prompts", {})
    return examples, {label: texts for label, texts in prompts.items() if texts is not None}


def state(memory: Memory) -> tuple[dict[ExampleId, str], dict[str, tuple[str, ...]]]:
    """What `plain_state` gives, of a memory."""
    return {example.id: example.label for example in memory.examples()}, dict(memory.prompts)


class Fleet(RuleBasedStateMachine):
    """Three robots, each with a memory on disk and a clock that jumps."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.now = [1.7e9] * 3
        self.seed = 0
        self.memories = [self.open(number) for number in range(3)]

    def open(self, number: int) -> Memory:
        return Memory(ENCODER, self.folder / str(number) / "memory.db", clock=lambda: self.now[number])

    @rule(robot=ROBOTS, label=st.sampled_from(LABELS), count=st.integers(1, 3), negative=st.booleans())
    def teach(self, robot: int, label: str, count: int, negative: bool) -> None:
        self.seed += 1
        self.memories[robot].register(label, new_examples(count, self.seed), negative=negative)

    @rule(robot=ROBOTS, pick=st.integers(0, 9))
    def forget_one(self, robot: int, pick: int) -> None:
        examples = self.memories[robot].examples()
        if examples:
            self.memories[robot].forget_examples([examples[pick % len(examples)].id])

    @rule(robot=ROBOTS, pick=st.integers(0, 9))
    def forget(self, robot: int, pick: int) -> None:
        labels = self.memories[robot].labels
        if labels:
            self.memories[robot].forget(labels[pick % len(labels)])

    @rule(robot=ROBOTS, pick=st.integers(0, 9), new_label=st.sampled_from((*LABELS, "mug")))
    def relabel(self, robot: int, pick: int, new_label: str) -> None:
        labels = [label for label in self.memories[robot].labels if label != new_label]
        if labels:
            self.memories[robot].relabel(labels[pick % len(labels)], new_label)

    @rule(
        robot=ROBOTS,
        label=st.sampled_from(LABELS),
        texts=st.sampled_from(((), ("a",), ("a", "b"))),
        all_=st.booleans(),
    )
    def set_prompts(self, robot: int, label: str, texts: tuple[str, ...], all_: bool) -> None:
        self.memories[robot].set_prompts({label: texts}, replace_all=all_)

    @rule(robot=ROBOTS)
    def undo_and_restore(self, robot: int) -> None:
        memory = self.memories[robot]
        before = memory.state_hash(), state(memory)
        try:
            memory.undo()
        except NothingToUndoError:
            return
        memory.redo()
        assert (memory.state_hash(), state(memory)) == before
        memory.undo()

    @rule(robot=ROBOTS)
    def redo(self, robot: int) -> None:
        try:
            self.memories[robot].redo()
        except NothingToRedoError:
            return

    @rule(robot=ROBOTS, seconds=st.sampled_from((0.001, 5.0, -5.0, DAY - 60, 60 - DAY)))
    def clock_jumps(self, robot: int, seconds: float) -> None:
        self.now[robot] = max(1.7e9 - DAY / 2, min(1.7e9 + DAY / 2, self.now[robot] + seconds))

    @rule(robot=ROBOTS)
    def restart(self, robot: int) -> None:
        memory = self.memories[robot]
        before = memory.state_hash(), state(memory), memory.robot
        memory.close()
        self.memories[robot] = memory = self.open(robot)
        assert (memory.state_hash(), state(memory), memory.robot) == before

    @rule(robot=ROBOTS)
    def back_up(self, robot: int) -> None:
        target = self.folder / f"backup-{robot}.db"
        target.unlink(missing_ok=True)
        self.memories[robot].backup(target)

    @rule(robot=ROBOTS)
    def restore(self, robot: int) -> None:
        """A restored backup goes on as another robot, and gets back from the others what it had told them."""
        source, target = self.folder / f"backup-{robot}.db", self.folder / str(robot)
        if not source.exists():
            return
        former = self.memories[robot].robot
        self.memories[robot].close()
        shutil.rmtree(target)
        target.mkdir()
        shutil.copy(source, target / "memory.db")
        self.memories[robot] = self.open(robot)
        assert self.memories[robot].robot != former

    @rule(sender=ROBOTS, receiver=ROBOTS, order=st.randoms(use_true_random=False), share=st.floats(0, 1))
    def deliver(self, sender: int, receiver: int, order, share: float) -> None:
        rows = [self.memories[sender].log.operation(key) for key in self.memories[sender].log.known()]
        sent = [operation for operation in rows if operation is not None and order.random() <= share]
        order.shuffle(sent)
        for first in range(0, len(sent), 3):
            self.memories[receiver].log.adopt(sent[first : first + 3])
        self.memories[receiver].log.adopt(sent[:2])

    @precondition(lambda self: hasattr(self, "memories"))
    @invariant()
    def every_memory_is_the_plain_model(self) -> None:
        for memory in self.memories:
            known = [memory.log.operation(key) for key in memory.log.known()]
            assert state(memory) == plain_state(operation for operation in known if operation is not None)

    def teardown(self) -> None:
        if not hasattr(self, "memories"):
            return
        everything = {
            key: operation
            for memory in self.memories
            for key in memory.log.known()
            if (operation := memory.log.operation(key)) is not None
        }
        probe = new_examples(1, 9999)[0].embedding
        found = []
        for number, memory in enumerate(self.memories):
            operations = list(everything.values())
            np.random.default_rng(number).shuffle(operations)  # type: ignore[arg-type]
            memory.log.adopt(operations)
            rule_ = CalibratedRule(RecognitionSettings(), memory.table)
            rule_.apply(Change(added=tuple(memory.examples())))
            evidence = rule_.evidence(probe)
            found.append((memory.state_hash(), state(memory), evidence.labels, evidence.fused.tobytes()))
            memory.close()
        assert found[0] == found[1] == found[2]
        shutil.rmtree(self.folder)


TestFleet = Fleet.TestCase
TestFleet.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
