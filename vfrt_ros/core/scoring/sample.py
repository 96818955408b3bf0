# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The examples from which a large memory learns what distances are worth: of whole visits, each left out as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

_MOST_OF_A_VISIT = 256
"""Of a longer one as many, evenly; what is not chosen of it stays in the mean of its label when it is left out."""
_SLACK = 1.5
"""Visits differ in length, so that the examples of whole ones may be more than asked for, up to this factor."""


def sample(visits: Sequence[Ints], most: int) -> list[Ints]:
    """Choose about so many examples of all labels: of each label as many whole visits, spread evenly over time.

    Where even one visit of each label is too much, labels that are spread evenly have one, and the others none.

    Args:
        visits: For each label, (n,) numbers from 0 of its examples' visits.
        most: Examples to choose, at least 1.

    Returns:
        For each label, the (m,) chosen examples, ascending.

    >>> [chosen.tolist() for chosen in sample([np.repeat(np.arange(4), 3), np.array([0, 1])], 8)]
    [[0, 1, 2, 9, 10, 11], [0, 1]]
    """
    counts = np.array([len(own) for own in visits])
    if counts.sum() <= most:
        return [np.arange(count) for count in counts]
    examples = [np.minimum(np.bincount(own), _MOST_OF_A_VISIT) for own in visits]
    lengths = np.array([len(own) for own in examples])
    sizes = np.array([own.sum() for own in examples]) / lengths
    quotas = np.minimum(_quota(lengths, sizes, most), lengths)
    if not quotas.any():
        quotas[_evenly(len(visits), max(1, round(most / sizes.mean())))] = 1
    chosen = [_of_label(*one) for one in zip(visits, lengths.tolist(), quotas.tolist(), strict=True)]
    total = sum(len(one) for one in chosen)
    if total <= _SLACK * most:
        return chosen
    return [one[_evenly(len(one), max(1, int(len(one) * most / total)))] for one in chosen]


def _quota(lengths: Ints, sizes: npt.NDArray[np.float64], most: int) -> int:
    """The most visits that each label can have, as far as it has so many, within the examples to choose."""
    low, high = 0, int(lengths.max())
    while low < high:
        middle = (low + high + 1) // 2
        if (np.minimum(middle, lengths) * sizes).sum() <= most:
            low = middle
        else:
            high = middle - 1
    return low


def _of_label(visits: Ints, length: int, quota: int) -> Ints:
    """(m,) examples of so many of the label's visits."""
    if length == len(visits):
        return _evenly(length, quota)
    parts = [np.flatnonzero(visits == number) for number in _evenly(length, quota)]
    parts = [part[_evenly(len(part), _MOST_OF_A_VISIT)] for part in parts]
    return np.sort(np.concatenate(parts)) if parts else np.empty(0, np.int64)


def _evenly(count: int, most: int) -> Ints:
    """At most `most` of the numbers below `count`, spread evenly."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(np.int64)
