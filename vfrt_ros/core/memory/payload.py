# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The contents of operations: what each kind of them carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.example import Prompts
from vfrt_ros.core.types.operation import ExampleId, OperationId

Array = npt.NDArray[np.float32]
LabelPrompts = Mapping[str, Prompts | None]
"""Prompts by label; an empty tuple stands for the templates, None takes the label's prompts away."""


@dataclass(frozen=True, slots=True, eq=False)
class TaughtExample:
    """One example of a `Teach`.

    Attributes:
        label: What it is called when it is taught.
        embedding: (d,) float32, unit norm; (0,) where it was dropped, since nothing can bring the example back.
        negative: Whether it does *not* show the label.
        created: Seconds since the epoch.
        quality: What the quality gate measured.
        thumbnail: A small JPEG; empty = none.
        source: The file that it was imported from; empty = shown to a robot.
        batch: Examples of one operation that were registered together share it.
    """

    label: str
    embedding: Array
    negative: bool = False
    created: float = 0.0
    quality: Mapping[str, float] = field(default_factory=dict)
    thumbnail: bytes = b""
    source: str = ""
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Teach:
    """Add examples, and prompts of labels.

    Attributes:
        adopted: Operations of other robots that came in with it, from a file: undo takes them back with it.
        origin: That file; empty = shown to this robot.
    """

    examples: tuple[TaughtExample, ...]
    prompts: LabelPrompts = field(default_factory=dict)
    adopted: tuple[OperationId, ...] = ()
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Forget:
    """Remove the examples that it names, and prompts; `whole` = the labels were meant, else single examples of them."""

    examples: tuple[ExampleId, ...]
    labels: tuple[str, ...] = ()
    prompts: LabelPrompts = field(default_factory=dict)
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Relabel:
    """Give the examples that it names another label, and move prompts; `merged` = the new label was there before."""

    examples: tuple[ExampleId, ...]
    label: str
    new_label: str
    prompts: LabelPrompts = field(default_factory=dict)
    merged: bool = False


@dataclass(frozen=True, slots=True)
class SetPrompts:
    """Describe labels in words."""

    prompts: LabelPrompts


@dataclass(frozen=True, slots=True)
class Switch:
    """Undo: put these changes out of force. Redo: put these undos out of force."""

    targets: tuple[OperationId, ...]


Payload = Teach | Forget | Relabel | SetPrompts | Switch
