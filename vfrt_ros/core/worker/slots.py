# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One slot for each camera, which holds its newest item; the slot that was served longest ago comes first."""

from __future__ import annotations

from typing import Generic, TypeVar

from vfrt_ros.core.worker.pace import Rhythm

Item = TypeVar("Item")


class Slot(Generic[Item]):
    """The newest item of one camera.

    Attributes:
        item: None = nothing waits.
        served: The number of the turn in which it was emptied last; 0 = never.
        dropped: Items that were replaced before they were taken.
        rhythm: Learns when items come.
    """

    def __init__(self) -> None:
        self.item: Item | None = None
        self.served = 0
        self.dropped = 0
        self.rhythm = Rhythm()


class Slots(Generic[Item]):
    """The slots of all cameras; who uses it holds a lock.

    >>> slots = Slots()
    >>> for name, item in [("front", "a"), ("left", "b"), ("front", "c"), ("front", "d")]:
    ...     slots.put(name, item, now=0.0)
    >>> slots.take(), slots.take(), slots.take(), slots.dropped
    ('d', 'b', None, {'front': 2, 'left': 0})
    """

    def __init__(self) -> None:
        self._slots: dict[str, Slot[Item]] = {}
        self._turn = 0

    def put(self, name: str, item: Item, now: float) -> None:
        """Make this the newest item of a slot.

        Args:
            name: Of the slot; one that is new is made.
            item: Replaces what waits there, which is counted as dropped.
            now: Seconds of the monotonic clock.
        """
        slot = self._slots.setdefault(name, Slot())
        slot.dropped += slot.item is not None
        slot.item = item
        slot.rhythm.beat(now)

    def take(self) -> Item | None:
        """Empty the full slot that was served longest ago; None where all are empty."""
        slot = min(self.full, key=lambda slot: slot.served, default=None)
        if slot is None:
            return None
        self._turn += 1
        item, slot.item, slot.served = slot.item, None, self._turn
        return item

    def clear(self) -> None:
        """Empty all, uncounted."""
        for slot in self._slots.values():
            slot.item = None

    @property
    def full(self) -> list[Slot[Item]]:
        """The slots in which something waits."""
        return [slot for slot in self._slots.values() if slot.item is not None]

    @property
    def dropped(self) -> dict[str, int]:
        """Items by slot that were replaced before they were taken."""
        return {name: slot.dropped for name, slot in self._slots.items()}
