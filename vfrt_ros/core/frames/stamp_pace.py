# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The pace at which a camera stamps its frames, and how many of them are missing, from the stamps alone.

A lost frame leaves a gap of two intervals or more among gaps of one. A camera that changes its rate leaves gaps that
are long but alike, one that stands still leaves one very long gap, and one that has no rate leaves gaps that are not
multiples of anything: none of these is called a loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST = 16
"""Gaps below which nothing is said."""
RUN = 8
"""Gaps in a row that are alike, and so show a rate. Where half of the frames are lost, one such row in 65,000 is."""
ALIKE = 0.25
"""How far, as a share of their mean, gaps in a row may be off."""
OFF = 0.25
"""How far a gap may be off a multiple of the interval, as a share of the interval."""
FITTING = 0.8
"""Share of the gaps that are multiples of the interval, for it to be believed."""
PAUSE_S = 1.0
PAUSE = 12
"""A gap of more seconds and of more intervals than these is a pause."""


@dataclass(frozen=True, slots=True)
class StampPace:
    """The pace that stamps show.

    Attributes:
        interval: Seconds from frame to frame at the camera.
        came: Gaps that were looked at.
        missing: Frames between those that came.
    """

    interval: float
    came: int
    missing: int

    @property
    def share(self) -> float:
        """Of all frames, those that are missing, in [0, 1]."""
        return self.missing / max(1, self.came + self.missing)


def pace_of(stamps: Sequence[float]) -> StampPace | None:
    """The pace of a camera and what is missing of it.

    Args:
        stamps: Of frames in the order in which they came, in seconds.

    Returns:
        None where the stamps show no pace: too few, not growing, or without a rate.

    >>> pace = pace_of([0.1 * n for n in range(40) if n % 7 not in (2, 3)])
    >>> round(pace.interval, 3), pace.missing
    (0.1, 12)
    """
    gaps = np.diff(np.asarray(stamps, dtype=np.float64))
    backward = np.flatnonzero(gaps <= 0)
    if len(backward):  # a clock that was set, a film that began anew
        gaps = gaps[backward[-1] + 1 :]
    if len(gaps) < FEWEST:
        return None
    steady = _steady(gaps)
    if (~steady).sum() < RUN:
        return StampPace(float(np.median(gaps[steady])), len(gaps), 0)
    interval = _interval(gaps)
    multiples = np.maximum(1, np.rint(gaps / interval))
    pauses = (gaps > PAUSE_S) & (multiples > PAUSE)
    fits = np.abs(gaps / interval - multiples) <= OFF
    if fits[~pauses].mean() < FITTING:
        return None
    missing = int((multiples[~pauses & fits & ~steady] - 1).sum())
    return StampPace(interval, int((~pauses).sum()), missing)


def _steady(gaps: np.ndarray) -> np.ndarray:
    """(n,) bool: which gaps belong to a run of at least `RUN` that are alike."""
    steady = np.zeros(len(gaps), dtype=bool)
    start = 0
    for end in range(1, len(gaps) + 1):
        if end < len(gaps) and abs(gaps[end] - (mean := gaps[start:end].mean())) <= ALIKE * mean:
            continue
        steady[start:end] = end - start >= RUN
        start = end
    return steady


def _interval(gaps: np.ndarray) -> float:
    """The shortest interval, of which the others are multiples, in seconds."""
    guess = float(np.percentile(gaps, 10))
    for _ in range(3):
        guess = float(np.median(gaps / np.maximum(1, np.rint(gaps / guess))))
    return guess
