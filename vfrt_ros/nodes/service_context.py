# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The objects that services work with, and how the long ones take their turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.nodes.result import Result


def _at_once(job: Callable[[], Any]) -> Any:
    return job()


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """The objects that services work with.

    Attributes:
        recogniser: Does the work.
        latest: The newest result of a camera, by its name; None before the first.
        snapshots: The folder for snapshots.
        silent: Whether a camera, by its name, gives no pictures now.
        turn: Runs a job between two frames and returns what it returns. A service that is answered in the
            worker's thread needs it not; one that is answered elsewhere changes the memory in its turn only.
    """

    recogniser: Recogniser
    latest: Callable[[str], Result | None]
    snapshots: Path
    silent: Callable[[str], bool] = lambda camera: False
    turn: Callable[[Callable[[], Any]], Any] = _at_once


Answer = Callable[[ServiceContext, Any, Any], str]
"""Fills the response's own fields and returns its message; raises a VfrtError where it cannot be done."""
