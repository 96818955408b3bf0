# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The beat of a steady stream, and whether its next item is worth a moment's wait."""

from __future__ import annotations

LOOSE = 0.3
"""How far, as a share of the interval, a step may be off and still be in step."""
STEADY = 3
"""Steps in a row that make a rhythm."""
FOLLOW = 0.1
"""Share by which the interval follows each step."""
PATIENCE = 0.15
"""Share of the interval that is worth waiting, and half of that once the item is late.

A slower worker that takes an item just before the next one comes gives an answer that is a whole interval
older. One wait in seven or so, for half of this on average, costs a hundredth of an interval in all.
"""


class Rhythm:
    """Learns when items come; all times are seconds of one clock.

    >>> rhythm = Rhythm()
    >>> for second in range(6):
    ...     rhythm.beat(second)
    >>> rhythm.patience(5.5), round(rhythm.patience(5.9), 3), rhythm.patience(6.5)
    (0.0, 0.175, 0.0)
    """

    def __init__(self) -> None:
        self._last: float | None = None
        self._interval = 0.0
        self._in_step = 0

    def beat(self, now: float) -> None:
        """An item came."""
        last, self._last = self._last, now
        if last is None:
            return
        step = now - last
        if abs(step - self._interval) <= LOOSE * self._interval:
            self._in_step += 1
            self._interval += FOLLOW * (step - self._interval)
        else:
            self._in_step, self._interval = 0, step

    def patience(self, now: float) -> float:
        """How long the next item is worth waiting for; 0 where it is not about to come, or nobody knows."""
        if self._last is None or self._in_step < STEADY:
            return 0.0
        due, slack = self._last + self._interval, PATIENCE * self._interval
        return due + slack / 2 - now if due - slack <= now < due + slack / 2 else 0.0
