# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The exchange with a fleet as `/diagnostics` shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vfrt_ros.fleet.status import FleetStatus


def fleet_values(status: FleetStatus) -> dict[str, object]:
    """The values, by name."""
    values: dict[str, object] = {
        "fleet": status.fleet,
        "robot": status.name,
        "server": status.server or "not connected",
        "robots": status.robots,
        "lag [operations]": status.lag,
        "waiting [operations]": "not known yet" if status.waiting is None else status.waiting,
        "refused": sum(status.refused.values()),
    }
    values |= {f"refused, {fault.value}": count for fault, count in status.refused.items()}
    if status.last_refusal:
        values["last refusal"] = status.last_refusal
    if status.other_spaces:
        values["other encoders"] = ", ".join(status.other_spaces)
    return values
