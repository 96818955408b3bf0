# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One thing that `vfrt doctor` found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

ACTIVE = "is active"
ABSENT = "is not running"
"""What the check of a node says where it runs and recognises."""


class Level(Enum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    BROKEN = "broken"


@dataclass(frozen=True)
class CheckResult:
    """One check: its name, how things are, and what to do about it; `todo` is empty where nothing is to be done."""

    name: str
    level: Level
    text: str
    todo: str = ""
