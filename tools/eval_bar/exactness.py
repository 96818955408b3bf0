# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Points 5 and 6 of the bar: changes that can be taken back exactly, and the time that things take."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from tools.eval_bar.check import Check, Limit
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.factory import identity_of
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.new_example import NewExample
from vfrt_ros.core.scoring.build_rule import build_rule
from vfrt_ros.core.scoring.rule import FusionRule
from vfrt_ros.core.types.example import Step

Array = npt.NDArray[np.float32]

EXAMPLES, LABELS, REGISTERED = 10_000, 200, 8
MOST_REGISTER_MS, MOST_SCORE_MS = 5.0, 1.0
ROUNDS, FRAMES, WARM_UP = 11, 300, 20
UNDONE, UNDONE_LABELS = 600, 12
"""Examples and labels of the memory in which changes are undone."""


class TaughtMemory:
    """A memory and the rule that follows it, as a `Recogniser` has them, with random examples.

    Args:
        encoders: Of the space that the examples are made up for.
        settings: Of the rule.
        examples: How many; they are spread evenly over the labels.
        labels: How many; each has a prompt.
        path: The file of the memory; None = in RAM only.

    Attributes:
        apply_ms: Milliseconds that the rule took to follow the last change.
    """

    def __init__(
        self,
        encoders: Encoders,
        settings: RecognitionSettings,
        examples: int,
        labels: int,
        path: Path | None = None,
    ) -> None:
        self._random = np.random.default_rng(settings.seed)
        backbone = encoders.backbone
        self.dim = backbone.dim
        self.memory = Memory(identity_of(backbone), path)
        self.rule: FusionRule = build_rule(settings, self.memory, encoders)
        self.apply_ms = 0.0
        self.memory.listen(self._follow)
        self._centres = unit(self._random.normal(size=(labels, self.dim)) + 1.0)
        self.names = tuple(f"label {i:03d}" for i in range(labels))
        self.rule.set_prototypes(
            self.names, unit(self._centres + self._random.normal(size=(labels, self.dim)) / 9)
        )
        for index, label in enumerate(self.names):
            self.memory.register(label, self.made_up(index, examples // labels))
        self.settle()

    def _follow(self, step: Step) -> None:
        self.apply_ms = _milliseconds(partial(self.rule.apply, step.examples))

    def made_up(self, index: int, count: int) -> list[NewExample]:
        """New examples of a label."""
        return [NewExample(row, {}) for row in self.frames(index, count)]

    def frames(self, index: int, count: int) -> Array:
        """(count, d) float32 unit-norm embeddings that are near those of a label."""
        noise = self._random.normal(size=(count, self.dim)) / np.sqrt(self.dim)
        return unit(self._centres[index] + noise)

    def settle(self) -> None:
        """Wait until everything is in force in full."""
        self.rule.settle()

    def state(self) -> tuple[str, str]:
        """The hashes of the memory and of the rule's statistics."""
        hashed: Callable[[], str] = self.rule.state_hash  # type: ignore[attr-defined]
        return self.memory.state_hash(), hashed()

    def scores(self, frames: Array) -> Array:
        """(n, c) float32 scores of (n, d) frames."""
        self.settle()
        return np.stack([self.rule.conclude(self.rule.evidence(frame)).score for frame in frames])


def unit(rows: npt.NDArray[np.float64]) -> Array:
    """Rows of unit norm."""
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def exactness_checks(encoders: Encoders, settings: RecognitionSettings) -> list[Check]:
    """Point 5, first half: every kind of change is undone to the last bit, in hashes and in answers."""
    taught = TaughtMemory(encoders, settings, UNDONE, UNDONE_LABELS)
    memory, (first, second, third) = taught.memory, taught.names[:3]
    changes: dict[str, Callable[[], object]] = {
        "register": lambda: memory.register(first, taught.made_up(0, REGISTERED)),
        "register of a new label": lambda: memory.register("new", taught.made_up(1, REGISTERED)),
        "register of what it is not": lambda: memory.register(second, taught.made_up(1, 3), negative=True),
        "forget": lambda: memory.forget(first),
        "relabel": lambda: memory.relabel(second, "other"),
        "merge": lambda: memory.relabel(second, third),
    }
    frames = np.concatenate([taught.frames(index, 4) for index in range(4)])
    checks = []
    for what, change in changes.items():
        state, scores = taught.state(), taught.scores(frames)
        change()
        changed = taught.state() != state
        memory.undo()
        same = taught.state() == state
        off = float(np.abs(taught.scores(frames) - scores).max())
        note = f"hashes {'equal' if same else 'differ'}; scores differ by at most {off:.1e}"
        differing = 0.0 if changed and same and off == 0.0 else 1.0
        checks.append(
            Check(5, f"undo of {what}: states that differ", differing, Limit.AT_MOST, 0.0, note=note)
        )
    memory.close()
    return checks


def register_checks(encoders: Encoders, settings: RecognitionSettings) -> list[Check]:
    """Point 5, second half: eight examples into ten thousand, written to disk as live."""
    with TemporaryDirectory() as folder:
        taught = TaughtMemory(encoders, settings, EXAMPLES, LABELS, Path(folder) / "memory.db")
        whole, follow = [], []
        for round_ in range(ROUNDS):
            new = taught.made_up(round_ % LABELS, REGISTERED)
            taught.settle()
            whole.append(_milliseconds(partial(taught.memory.register, taught.names[round_], new)))
            follow.append(taught.apply_ms)
            taught.memory.undo()
        taught.settle()
        taught.memory.close()
    note = f"of this the rule {np.median(follow):.2f} ms; at best {min(whole):.2f} ms, at worst {max(whole):.2f} ms"
    what = f"register of {REGISTERED} into {EXAMPLES}, on disk (median of {ROUNDS})"
    return [Check(5, what, float(np.median(whole)), Limit.AT_MOST, MOST_REGISTER_MS, "ms", note)]


def speed_checks(encoders: Encoders, settings: RecognitionSettings) -> list[Check]:
    """Point 6: scoring a frame; on one thread if the process was started with one."""
    taught = TaughtMemory(encoders, settings, EXAMPLES, LABELS)
    frames = np.concatenate([taught.frames(index % LABELS, 1) for index in range(FRAMES)])
    taught.scores(frames[:WARM_UP])
    times = [_milliseconds(partial(_score, taught.rule, frame)) for frame in frames]
    taught.memory.close()
    what = f"scoring a frame against {EXAMPLES} examples of {LABELS} labels, d = {taught.dim} (median of {FRAMES})"
    note = f"at best {min(times):.2f} ms, 95 % within {np.percentile(times, 95):.2f} ms"
    return [Check(6, what, float(np.median(times)), Limit.AT_MOST, MOST_SCORE_MS, "ms", note)]


def _score(rule: FusionRule, frame: Array) -> object:
    return rule.conclude(rule.evidence(frame))


def _milliseconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - began)
