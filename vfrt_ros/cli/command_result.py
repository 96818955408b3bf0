# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The outcome of an action of `vfrt memory`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vfrt_ros.cli.command import OK


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The answer of a command: `text` for a person, `facts` for a script."""

    text: str
    facts: dict[str, Any]
    status: int = OK
