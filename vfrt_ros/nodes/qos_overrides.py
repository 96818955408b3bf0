# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The overrides of QoS that a node is started with, looked at before rclpy meets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vfrt_ros.core.types.errors import SettingError

PREFIX = "qos_overrides."
CHOICES = {
    "history": ("keep_last", "keep_all", "system_default"),
    "reliability": ("reliable", "best_effort", "system_default", "best_available"),
}
DEPTH = 100_000
"""Messages that a queue may hold at most: no picture and no result is of use after so many others."""


def check_qos_overrides(overrides: Mapping[str, Any]) -> None:
    """Refuse values that no profile can have; overrides of policies that are none of ours are left alone.

    Args:
        overrides: Parameter name to value, like `qos_overrides./image.subscription.depth` to 5.

    Raises:
        SettingError: Names the override, what it may be and what came.
    """
    for name, value in overrides.items():
        policy = name.rpartition(".")[2]
        if not name.startswith(PREFIX):
            continue
        if policy in CHOICES and (not isinstance(value, str) or value.lower() not in CHOICES[policy]):
            raise SettingError(f"'{name}' must be one of {', '.join(CHOICES[policy])}; got {value!r}.")
        if policy == "depth" and not (type(value) is int and 0 <= value <= DEPTH):
            raise SettingError(f"'{name}' must be a whole number in [0, {DEPTH}]; got {value!r}.")
