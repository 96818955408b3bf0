# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which examples of a label may be frames of one visit: shown by a person without a longer pause."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.operation import OperationId

Ints = npt.NDArray[np.int64]


def visits_of(
    owners: Sequence[OperationId],
    batches: npt.NDArray[np.integer],
    times: npt.NDArray[np.float64],
    gap: float,
) -> Ints:
    """The visits of a label's examples.

    Those of one visit were registered together, or on one robot one after another without a longer pause than `gap`.

    Args:
        owners: For each of n examples, the operation that taught it.
        batches: (n,) its batch within that.
        times: (n,) when it was taught, in seconds since the epoch; 0 = not known.
        gap: Seconds.

    Returns:
        (n,) numbers from 0, equal for examples of one visit.

    >>> robot = [OperationId("a", number) for number in (1, 2, 3)]
    >>> visits_of(robot, np.zeros(3), np.array([1000.0, 1050.0, 2000.0]), 60.0).tolist()
    [0, 0, 1]
    """
    robots = np.array([owner.robot for owner in owners], np.str_)
    operations = np.array([owner.number for owner in owners], np.int64)
    order = np.lexsort((times, robots))
    before, after = order[:-1], order[1:]
    here = robots[before] == robots[after]
    together = (operations[before] == operations[after]) & (batches[before] == batches[after])
    soon = (times[before] > 0) & (times[after] - times[before] <= gap)
    numbers = np.zeros(len(owners), np.int64)
    numbers[after] = np.cumsum(~(here & (together | soon)))
    return numbers
