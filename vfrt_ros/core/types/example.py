# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The values that a memory holds, and those that a change of it consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.operation import ExampleId, OperationId

Prompts = tuple[str, ...]
"""The prompts of one label; an empty tuple stands for the prompt templates."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One thing that a person showed.

    Attributes:
        id: The same on every robot, never used again.
        label: What the person called it.
        embedding: (d,) float32, unit norm.
        negative: True when the person said that this is *not* the label.
        batch: Number within its operation; examples of one operation that were registered together share it.
        created: Seconds since the epoch.
        quality: What the quality gate measured, e.g. ``{"sharpness": 212.0}``.
        thumbnail: A small JPEG of the frame, empty where there is none.
        source: Where it came from, in words: `imported from desk.zip`; empty = shown to this robot.
    """

    id: ExampleId
    label: str
    embedding: npt.NDArray[np.float32] = field(repr=False)
    negative: bool = False
    batch: int = 0
    created: float = 0.0
    quality: Mapping[str, float] = field(default_factory=dict)
    thumbnail: bytes = field(default=b"", repr=False)
    source: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """A difference between two states of the examples; a relabel removes and adds the same ids."""

    added: tuple[Example, ...] = ()
    removed: tuple[Example, ...] = ()

    def __repr__(self) -> str:
        return f"<Change: {len(self.added)} added, {len(self.removed)} removed>"

    def inverse(self) -> Change:
        """The change that takes this one back."""
        return Change(added=self.removed, removed=self.added)


@dataclass(frozen=True, slots=True)
class PromptChange:
    """The prompts of some labels before and after.

    None = it was taken from the label, so that no initial label gives it back. A label that stands on one side
    alone is on the other as if nobody had spoken of it: it has no prompt but that of an initial label.
    """

    before: Mapping[str, Prompts | None] = field(default_factory=dict)
    after: Mapping[str, Prompts | None] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that it speaks of, sorted."""
        return tuple(sorted({*self.before, *self.after}))

    def inverse(self) -> PromptChange:
        """The change that takes this one back."""
        return PromptChange(before=self.after, after=self.before)


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the history: what undo takes back at once.

    Attributes:
        id: Of its operation; None = nothing was done.
        what: What was done, in words: ``registered 5 examples of 'cup'``.
    """

    id: OperationId | None
    what: str
    examples: Change = field(default_factory=Change)
    prompts: PromptChange = field(default_factory=PromptChange)

    def inverse(self) -> Step:
        """The step that takes this one back, under the same id."""
        return Step(self.id, self.what, self.examples.inverse(), self.prompts.inverse())
