# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The audit finds what was planted, and nothing in a sound memory."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.report.audit import FindingKind, audit
from vfrt_ros.core.types.example import Example
from vfrt_ros.core.types.operation import ExampleId, OperationId

DIM = 32


def unit(vector: np.ndarray) -> np.ndarray:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


class Planted:
    """Examples around one direction per label."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)
        self.centres = {label: unit(self.rng.normal(size=DIM)) for label in ("cup", "dog", "hat")}
        self.examples: list[Example] = []
        self.now = 1_790_000_000.0

    def add(
        self,
        label: str,
        looks_like: str,
        count: int,
        spread: float = 0.4,
        negative: bool = False,
        seconds: float = 600.0,
    ) -> None:
        for _ in range(count):
            noise = spread * unit(self.rng.normal(size=DIM))
            key = len(self.examples) + 1
            row = unit(self.centres[looks_like] + noise)
            self.now += seconds
            self.examples.append(
                Example(ExampleId(OperationId("test", key), 0), label, row, negative, created=self.now)
            )


def sound() -> Planted:
    planted = Planted()
    for label in planted.centres:
        planted.add(label, label, 4)
    return planted


def wrong_example() -> Planted:
    planted = sound()
    planted.add("cup", "dog", 1)
    return planted


def swallowed() -> Planted:
    planted = sound()
    planted.add("mug", "cup", 3)
    planted.add("cup", "cup", 3)
    return planted


def duplicates() -> Planted:
    planted = sound()
    planted.add("cup", "cup", 1, spread=0.0)
    planted.add("cup", "cup", 2, spread=0.001)
    return planted


def imbalance() -> Planted:
    planted = sound()
    planted.add("cup", "cup", 9)
    return planted


def one_visit() -> Planted:
    """Of what was shown without a pause 'pen' looks alike, 'jar' does not; 'mug' looks alike at any time."""
    planted = sound()
    for label, spread, seconds in (("pen", 0.4, 5.0), ("jar", 1.5, 5.0), ("mug", 0.4, 600.0)):
        planted.centres[label] = unit(planted.rng.normal(size=DIM))
        planted.now += 3600.0
        planted.add(label, label, 4, spread, seconds=seconds)
    return planted


def only_negatives() -> Planted:
    planted = Planted()
    planted.add("cup", "dog", 3, negative=True)
    return planted


def one_of_each() -> Planted:
    planted = Planted()
    for label in planted.centres:
        planted.add(label, label, 1)
    return planted


CASES = {
    "a sound memory": (sound, None),
    "an empty memory": (Planted, None),
    "negatives only": (only_negatives, None),
    "one example a label": (one_of_each, None),
    "an example under the wrong label": (wrong_example, (FindingKind.WRONG, ("cup", "dog"), (13,))),
    "a label that another swallows": (swallowed, (FindingKind.SWALLOWED, ("mug", "cup"), ())),
    "near duplicates": (duplicates, (FindingKind.DUPLICATE, ("cup",), (14, 15))),
    "what was shown at one visit": (one_visit, (FindingKind.ONE_VISIT, ("pen",), ())),
    "over three to one": (imbalance, (FindingKind.IMBALANCE, ("hat", "dog"), ())),
}


@pytest.mark.parametrize(("plant", "expected"), CASES.values(), ids=CASES.keys())
def test_it_finds_what_was_planted(plant, expected) -> None:
    findings = audit(plant().examples)
    if expected is None:
        assert findings == []
        return
    finding = next(f for f in findings if f.kind is expected[0])
    numbers = tuple(key.operation.number for key in finding.examples)
    assert (finding.labels, numbers) == expected[1:]
    assert finding.text
    assert finding.cure
