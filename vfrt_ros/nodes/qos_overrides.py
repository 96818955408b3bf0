# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The overrides of QoS that a node is started with, looked at before rclpy meets them, and whether it has used them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from vfrt_ros.core.types.errors import SettingError, nearest

PREFIX = "qos_overrides."
CHOICES = {
    "history": ("keep_last", "keep_all", "system_default"),
    "reliability": ("reliable", "best_effort", "system_default", "best_available"),
}
DEPTH = 100_000
"""Messages that a queue may hold at most: no picture and no result is of use after so many others."""


def check_qos_overrides(overrides: Mapping[str, Any]) -> None:
    """Refuse values that no profile can have; overrides of other policies are left alone.

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


def tell_zero_depths(overrides: Mapping[str, Any], say: Callable[[str], object]) -> None:
    """Say in a line for each queue of no message that the middleware takes a depth of its own, in rclpy's place.

    Args:
        overrides: As for `check_qos_overrides`.
        say: Gets each line.
    """
    warnings.filterwarnings("ignore", message="A zero depth with KEEP_LAST", category=UserWarning)
    for name, value in overrides.items():
        if name.startswith(PREFIX) and name.endswith(".depth") and value == 0:
            say(
                f"'{name}' is 0, and a queue holds at least one message: the middleware's own depth is taken."
            )


def tell_unused(given: Iterable[str], used: Collection[str], say: Callable[[str], object]) -> None:
    """Say in one line which overrides nothing has asked for: rclpy passes over a name that is misspelt.

    Args:
        given: Names of the parameters that the node was started with.
        used: Names of the parameters that it has, once its topics are there.
        say: Gets the line.
    """
    own = sorted(name for name in used if name.startswith(PREFIX))
    unused = [name for name in given if name.startswith(PREFIX) and name not in own]
    if unused:
        names = ", ".join(f"'{name}'" for name in unused)
        hint = "".join(nearest(name, own) for name in unused[:1])
        say(f"No topic of this node takes {names}: left alone.{hint}")
