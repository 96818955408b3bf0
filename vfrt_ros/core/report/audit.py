# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Find the examples and prompts that make recognition worse, and say what to do about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.frames.quality import NEAR_DUPLICATE_COSINE
from vfrt_ros.core.memory.visits import visits_of
from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.spread import are_one_visit, total_variance, usual_distance
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.example import Example
from vfrt_ros.core.types.operation import ExampleId

IMBALANCE_RATIO = 3.0
SWALLOWED_SHARE = 0.5
LISTED_IDS = 5
LEAST_FRAMES = 3
"""Examples of a label from which on it is told that all of them are of one visit."""

Floats = npt.NDArray[np.float32]


class FindingKind(Enum):
    """The kinds of fault; the values are those of `Finding.msg`."""

    WRONG = "wrong"
    SWALLOWED = "swallowed"
    DUPLICATE = "duplicate"
    IMBALANCE = "imbalance"
    ONE_VISIT = "one_visit"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at.

    Attributes:
        labels: The labels concerned, the one to look at first.
        examples: Ids of the examples concerned; empty = the labels as a whole.
        text: What was found, one sentence.
        cure: What to do, one sentence.
    """

    kind: FindingKind
    labels: tuple[str, ...]
    examples: tuple[ExampleId, ...]
    text: str
    cure: str


def audit(examples: Sequence[Example]) -> list[Finding]:
    """Look through the positive examples of a memory, worst findings first.

    An example is *wrong* when, itself and its near duplicates left out, the mean of another label is nearer to
    it (cosine) than the mean of its own.

    Args:
        examples: Of all labels; embeddings (d,) float32, unit norm.
    """
    positive = sorted((example for example in examples if not example.negative), key=lambda e: e.id)
    if not positive:
        return []
    predicted = _leave_one_out(positive)
    swallowed = _swallowed(positive, predicted)
    taken = {finding.labels for finding in swallowed}
    wrong = _wrong(positive, predicted, taken)
    return [*swallowed, *wrong, *_imbalance(positive), *_one_visit(positive), *_duplicates(positive)]


def _leave_one_out(examples: Sequence[Example]) -> list[str]:
    """The label whose mean is nearest to each example, itself and its near duplicates left out."""
    rows = np.stack([example.embedding for example in examples])
    labels = sorted({example.label for example in examples})
    own = np.array([labels.index(example.label) for example in examples])
    sums = np.zeros((len(labels), rows.shape[1]), np.float32)
    np.add.at(sums, own, rows)
    predicted = []
    for i, row in enumerate(rows):
        left_out = (own == own[i]) & (rows @ row >= NEAR_DUPLICATE_COSINE)
        means = sums.copy()
        means[own[i]] -= rows[left_out].sum(axis=0)
        norms = np.linalg.norm(means, axis=1)
        alone = norms[own[i]] < 1e-3
        cosines = (means @ row) / np.maximum(norms, 1e-6)
        predicted.append(labels[own[i]] if alone else labels[int(cosines.argmax())])
    return predicted


def _swallowed(examples: Sequence[Example], predicted: Sequence[str]) -> list[Finding]:
    totals = Counter(example.label for example in examples)
    pairs = Counter((e.label, p) for e, p in zip(examples, predicted, strict=True) if e.label != p)
    return [
        Finding(
            FindingKind.SWALLOWED,
            (label, other),
            (),
            f"{count} of {counted(totals[label], 'example')} of '{label}' look more like '{other}'.",
            f"Merge them (vfrt relabel '{label}' '{other}'), or register '{label}' where it differs from '{other}'.",
        )
        for (label, other), count in pairs.most_common()
        if totals[label] > 1 and count > SWALLOWED_SHARE * totals[label]
    ]


def _wrong(
    examples: Sequence[Example], predicted: Sequence[str], taken: set[tuple[str, ...]]
) -> list[Finding]:
    pairs: dict[tuple[str, str], list[ExampleId]] = {}
    for example, other in zip(examples, predicted, strict=True):
        if example.label != other and (example.label, other) not in taken:
            pairs.setdefault((example.label, other), []).append(example.id)
    return [
        Finding(
            FindingKind.WRONG,
            (label, other),
            tuple(ids),
            f"{_count(ids)} of '{label}' {'looks' if len(ids) == 1 else 'look'} more like '{other}': {_list(ids)}.",
            f"If the label is wrong, undo or relabel it; if not, register '{label}' from more sides.",
        )
        for (label, other), ids in sorted(pairs.items(), key=lambda pair: -len(pair[1]))
    ]


def _imbalance(examples: Sequence[Example]) -> list[Finding]:
    totals = Counter(example.label for example in examples).most_common()
    (most, largest), (least, smallest) = totals[0], totals[-1]
    if largest <= IMBALANCE_RATIO * smallest:
        return []
    few = tuple(label for label, count in reversed(totals) if largest > IMBALANCE_RATIO * count)
    return [
        Finding(
            FindingKind.IMBALANCE,
            few,
            (),
            f"'{most}' has {counted(largest, 'example')} and '{least}' {smallest}: more than {IMBALANCE_RATIO:g} to 1.",
            f"Register more of {', '.join(repr(label) for label in few[:LISTED_IDS])}.",
        )
    ]


def _one_visit(examples: Sequence[Example]) -> list[Finding]:
    """The labels of which there are several examples, all alike and of one visit."""
    by_label: dict[str, list[Example]] = {}
    for example in examples:
        by_label.setdefault(example.label, []).append(example)
    rows = {label: np.stack([example.embedding for example in own]) for label, own in by_label.items()}
    means = np.stack([own.mean(axis=0) for own in rows.values()])
    usual = usual_distance(total_variance(means, np.concatenate(list(rows.values())).mean(axis=0), None))
    labels = tuple(
        label
        for label, own in by_label.items()
        if len(own) >= LEAST_FRAMES and not _visits(own).any() and are_one_visit(rows[label], usual)
    )
    if not labels:
        return []
    named = ", ".join(repr(label) for label in labels[:LISTED_IDS])
    more = f" and {len(labels) - LISTED_IDS} more labels" if len(labels) > LISTED_IDS else ""
    return [
        Finding(
            FindingKind.ONE_VISIT,
            labels,
            (),
            f"All examples of {named}{more} were shown at one visit and look alike.",
            "Show it in another place or light and register it there too, or it may be called unknown elsewhere.",
        )
    ]


def _visits(examples: Sequence[Example]) -> npt.NDArray[np.int64]:
    """(n,) visits of a label's examples; 0 = the first."""
    return visits_of(
        [example.id.operation for example in examples],
        np.array([example.batch for example in examples]),
        np.array([example.created for example in examples]),
        constants.VISIT_GAP_S,
    )


def _duplicates(examples: Sequence[Example]) -> list[Finding]:
    found = []
    for label in sorted({example.label for example in examples}):
        own = [example for example in examples if example.label == label]
        rows = np.stack([example.embedding for example in own])
        near = rows @ rows.T >= NEAR_DUPLICATE_COSINE
        ids = {own[j].id for i, j in combinations(range(len(own)), 2) if near[i, j]}
        if ids:
            repeat = "repeats an earlier one" if len(ids) == 1 else "repeat earlier ones"
            found.append(
                Finding(
                    FindingKind.DUPLICATE,
                    (label,),
                    tuple(sorted(ids)),
                    f"{_count(sorted(ids))} of '{label}' {repeat}: {_list(sorted(ids))}.",
                    "They do no harm and add nothing; register from other sides instead.",
                )
            )
    return found


def _count(ids: Sequence[ExampleId]) -> str:
    return counted(len(ids), "example")


def _list(ids: Sequence[ExampleId]) -> str:
    shown = ", ".join(str(key) for key in ids[:LISTED_IDS])
    return f"id {shown}" + (f" and {len(ids) - LISTED_IDS} more" if len(ids) > LISTED_IDS else "")
