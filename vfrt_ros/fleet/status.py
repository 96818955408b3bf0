# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The state of the exchange at a moment, for diagnostics and logs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from vfrt_ros.core.types.errors import OperationFault
from vfrt_ros.fleet.take_in import Refusal

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FleetStatus:
    """The state of the exchange.

    Attributes:
        fleet, name: Which fleet, and as whom.
        server: The URL that it is connected to; empty = it is not connected.
        trouble: What keeps it from working, in words; empty = nothing.
        lag: Messages of the stream that are still to be read.
        waiting: Own operations that are not in the stream yet; None = not known before it was connected.
        refused: How many operations were refused, by cause.
        last_refusal: The last one, in words.
        other_spaces: Encoders' spaces of other robots of the fleet, which share nothing with this one.
        robots: Robots whose operations are in the stream.
    """

    fleet: str
    name: str
    server: str = ""
    trouble: str = ""
    lag: int = 0
    waiting: int | None = None
    refused: Mapping[OperationFault, int] = field(default_factory=dict)
    last_refusal: str = ""
    other_spaces: tuple[str, ...] = ()
    robots: int = 0


class Trouble(Enum):
    """The troubles that keep an exchange from working."""

    CONNECTION = "the connection"
    MEMORY = "taking in"
    SIZE = "publishing what is large"


class Report:
    """Keeps the status, and says once what an operator should know.

    Threads: the exchange's thread writes; any may read `now`, one reference that is replaced under a lock.
    """

    def __init__(self, fleet: str, name: str) -> None:
        self._lock = threading.Lock()
        self.now = FleetStatus(fleet, name)
        self.published: tuple[str, int] | None = None
        """This memory's robot id and its newest number in the stream; None = not known yet."""
        self._troubles: dict[Trouble, str] = {}
        self._told: set[tuple[str, OperationFault]] = set()

    def set(self, **changes: Any) -> None:
        """Replace values."""
        with self._lock:
            self.now = replace(self.now, **changes)

    def trouble(self, about: Trouble, text: str) -> None:
        """Say what keeps it from working, once while it lasts; empty = that works again."""
        before = self._troubles.get(about, "")
        self._troubles[about] = text
        self.set(trouble="; ".join(each for each in self._troubles.values() if each))
        if text and text != before:
            _log.warning("fleet %s: %s", self.now.fleet, text)
        elif before and not text:
            _log.info("fleet %s: %s works again.", self.now.fleet, about.value)

    def refuse(self, refusal: Refusal) -> None:
        """Count a refusal; the first of its kind from a robot is logged."""
        who = refusal.sender.name
        text = f"an operation of robot {who} was refused ({refusal.fault.value}): {refusal.text}"
        counts = {**self.now.refused, refusal.fault: self.now.refused.get(refusal.fault, 0) + 1}
        self.set(refused=counts, last_refusal=text)
        if (who, refusal.fault) not in self._told:
            self._told.add((who, refusal.fault))
            _log.warning(
                "fleet %s: %s Others like it are counted in /diagnostics.",
                self.now.fleet,
                text.rstrip(".") + ".",
            )
