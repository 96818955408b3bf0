# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The exchange with a fleet as `/diagnostics` carries it: written by the node, read by the panel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from vfrt_ros.nodes.loss_values import NODE

if TYPE_CHECKING:
    from vfrt_ros.fleet.status import FleetStatus

FLEET, ROBOT, SERVER, ROBOTS = "fleet", "robot", "server", "robots"
LAG, WAITING, REFUSED, LAST_REFUSAL = "lag [operations]", "waiting [operations]", "refused", "last refusal"
OTHERS = "other encoders"
NOT_CONNECTED, UNKNOWN = "not connected", "not known yet"


def fleet_values(status: FleetStatus) -> dict[str, object]:
    """The values, by name."""
    values: dict[str, object] = {
        FLEET: status.fleet,
        ROBOT: status.name,
        SERVER: status.server or NOT_CONNECTED,
        ROBOTS: status.robots,
        LAG: status.lag,
        WAITING: UNKNOWN if status.waiting is None else status.waiting,
        REFUSED: sum(status.refused.values()),
    }
    values |= {f"{REFUSED}, {fault.value}": count for fault, count in status.refused.items()}
    if status.last_refusal:
        values[LAST_REFUSAL] = status.last_refusal
    if status.other_spaces:
        values[OTHERS] = ", ".join(status.other_spaces)
    return values


def told_fleet(statuses: Iterable[Any], address: str) -> list[str] | None:
    """The exchange in sentences, as the node of this full name tells it; None = these statuses say nothing of it.

    Args:
        statuses: diagnostic_msgs/DiagnosticStatus.
        address: Of the node.
    """
    for status in statuses:
        values = {value.key: value.value for value in status.values}
        if values.get(NODE) == address and FLEET in values:
            return _sentences(status.message, values)
    return None


def _sentences(message: str, values: dict[str, str]) -> list[str]:
    lines = [f"robot {values.get(ROBOT, '')} of the fleet {values[FLEET]}: {message}"]
    if values.get(SERVER, NOT_CONNECTED) != NOT_CONNECTED:
        lines.append(
            f"{values[SERVER]}; robots: {values.get(ROBOTS, '?')}; to be read: {values.get(LAG, '?')}; "
            f"to be published: {values.get(WAITING, '?')}"
        )
    if LAST_REFUSAL in values:
        lines.append(f"refused: {values.get(REFUSED, '?')}; the last one: {values[LAST_REFUSAL]}")
    if OTHERS in values:
        lines.append(
            f"robots with other encoders are there too, and share nothing with this one: {values[OTHERS]}"
        )
    return lines
