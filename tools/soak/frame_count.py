# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How many frames the camera published and what became of them, by what both nodes tell in `/diagnostics`.

The camera is stopped before it is counted, so that nothing is on the way meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vfrt_ros.nodes.camera_diagnostics import PUBLISHED
from vfrt_ros.nodes.loss_values import REPLACED

RECEIVED = "frames received"
ACCOUNTED = ("recognitions", "dropped for newer frames", "held back by publish_rate_limit", REPLACED)
SETTLED = 2
"""Reports of each node that have to be alike."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Counts since the start of the nodes.

    Attributes:
        sent: Published by the camera.
        received: That reached the recognition node.
        accounted: Of those, answered, or counted as left out for a reason.
    """

    sent: int = 0
    received: int = 0
    accounted: int = 0

    def since(self, before: Frames) -> Frames:
        """The frames that have come since then."""
        return Frames(
            self.sent - before.sent, self.received - before.received, self.accounted - before.accounted
        )


class FrameCount:
    """Takes in diagnostics.

    Threads: `take` in the one that hears them, `settled` in another.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sent: list[int] = []
        self._received: list[tuple[int, int]] = []

    def take(self, statuses: Iterable[Any]) -> None:
        """A diagnostic_msgs/DiagnosticArray's statuses, of whatever node."""
        for status in statuses:
            values = {value.key: value.value for value in status.values}
            with self._changed:
                if PUBLISHED in values:
                    self._sent.append(int(values[PUBLISHED]))
                if RECEIVED in values:
                    replaced = int(values[REPLACED])
                    self._received.append((int(values[RECEIVED]) + replaced, _accounted(values)))
                self._changed.notify_all()

    def settled(self, timeout: float) -> Frames | None:
        """The counts once both nodes tell the same twice from now on; None = they do not in time."""
        with self._changed:
            self._sent.clear()
            self._received.clear()
            if not self._changed.wait_for(self._is_settled, timeout):
                return None
            return Frames(self._sent[-1], *self._received[-1])

    def _is_settled(self) -> bool:
        return all(
            len(told) >= SETTLED and len(set(told[-SETTLED:])) == 1 for told in (self._sent, self._received)
        )


def _accounted(values: dict[str, str]) -> int:
    refused = sum(int(n) for key, n in values.items() if key.startswith(("left out, ", "faults, ")))
    return refused + sum(int(values[key]) for key in ACCOUNTED)
