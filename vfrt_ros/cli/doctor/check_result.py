# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One thing that `vfrt doctor` found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    BROKEN = "broken"


class NodeFound(Enum):
    """How the check of a node found it."""

    ABSENT = "absent"
    ACTIVE = "active"
    OTHERWISE = "otherwise"


@dataclass(frozen=True)
class CheckResult:
    """One check: its name, how things are, and what to do about it; `todo` is empty where nothing is to be done.

    Attributes:
        node: Of the check of a node; None = of another one.
    """

    name: str
    level: Level
    text: str
    todo: str = ""
    node: NodeFound | None = None
