"""Examples and steps as rows of the record, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from vfrt_ros.core.memory.seal import sealed
from vfrt_ros.core.types.example import Change, Example, Prompts, Step

Row = tuple[Any, ...]


def example_row(example: Example, *, present: bool = True) -> Row:
    """The row of `example`, sealed."""
    return sealed(
        "example",
        example.id,
        example.label,
        example.embedding.astype("<f4").tobytes(),
        example.negative,
        example.batch,
        float(example.created),
        json.dumps(dict(example.quality)),
        example.thumbnail,
        example.source,
        present,
    )


def example_of(row: tuple) -> Example:
    """The example in a row of `example`."""
    key, label, embedding, negative, batch, created, quality, thumbnail, source = row[:9]
    vector = np.frombuffer(embedding, "<f4")
    return Example(key, label, vector, bool(negative), batch, created, json.loads(quality), thumbnail, source)


def step_row(key: int, step: Step, *, undone: bool) -> Row:
    """The row of `step`, sealed."""
    # Sorted: the order of a dict depends on whether there was a restart.
    before, after = (
        json.dumps(dict(side), sort_keys=True) for side in (step.prompts.before, step.prompts.after)
    )
    return sealed("step", key, step.what, undone, before, after)


def transition_rows(key: int, change: Change) -> list[Row]:
    """The rows of `step_example`, sealed: what each example was called before and after; None = absent."""
    before = {example.id: example.label for example in change.removed}
    after = {example.id: example.label for example in change.added}
    return [
        sealed("step_example", key, example, before.get(example), after.get(example))
        for example in sorted(before.keys() | after.keys())
    ]


def settled_rows(change: Change) -> list[Row]:
    """The rows of `example` as they are after a change; of new examples in the order of their ids."""
    after = {example.id for example in change.added}
    gone = [example_row(example, present=False) for example in change.removed if example.id not in after]
    return gone + [example_row(example) for example in change.added]


def prompts_of(text: str) -> Mapping[str, Prompts | None]:
    """Prompts by label from JSON; None where a label has none."""
    return {label: None if value is None else tuple(value) for label, value in json.loads(text).items()}
