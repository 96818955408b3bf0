# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Faults in callbacks and threads: logged once a kind, counted after that."""

from __future__ import annotations

import threading
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus

from vfrt_ros.core.types.errors import VfrtError

MEMORABLE = 10.0
"""Seconds for which a fault or a bad frame rules the level of `/diagnostics` after it was last seen."""


class Recent:
    """Which kinds were counted lately. One thread uses it."""

    def __init__(self) -> None:
        self._before: dict[str, int] = {}
        self._seen: dict[str, float] = {}

    def of(self, counts: dict[str, int], now: float) -> list[str]:
        """The kinds, sorted, whose counts have risen within the last 10 seconds.

        Args:
            counts: By kind, since the start.
            now: Seconds of the monotonic clock.
        """
        self._seen |= {kind: now for kind, n in counts.items() if n != self._before.get(kind)}
        self._before = counts
        return sorted(kind for kind, seen in self._seen.items() if now - seen <= MEMORABLE)


def judge_faults(recent: list[str]) -> tuple[bytes, str] | None:
    """Level and message of `/diagnostics` while faults are recent; None where there are none."""
    if not recent:
        return None
    return DiagnosticStatus.ERROR, f"faults of the node ({', '.join(recent)}): see the log"


class Faults:
    """Counts our own bugs, and what peers sent that cannot be used.

    A `VfrtError` is somebody else's doing: one line in the log. Anything else is a bug: its first appearance at a
    place is logged with its traceback.

    Threads: any thread reports, diagnostics read, each under the lock.

    Args:
        log: The logger of the node: called when something is told, since a node has none before it is made.
    """

    def __init__(self, log: Callable[[], Any]) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._bugs: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._told: set[tuple[str, str]] = set()

    def report(self, where: str, error: BaseException) -> None:
        """Count an error and log it where it is the first of its kind.

        Args:
            where: The place in words, like `the topic /clock`.
            error: What was raised there.
        """
        kind = type(error).__name__
        is_bug = not isinstance(error, VfrtError)
        with self._lock:
            (self._bugs if is_bug else self._refused)[kind if is_bug else where] += 1
            is_new = (where, kind) not in self._told
            self._told.add((where, kind))
        if is_new and is_bug:
            trace = "".join(traceback.format_exception(error))
            self._log().error(f"A fault in {where}; the node goes on.\n{trace}")
        elif is_new:
            self._log().warning(f"Ignored at {where}: {error} Others like it are counted in /diagnostics.")

    def bugs(self) -> dict[str, int]:
        """Faults of ours by the name of the exception, since the start."""
        with self._lock:
            return dict(self._bugs)

    def refused(self) -> dict[str, int]:
        """Counts of what peers sent in vain, by the place where it arrived, since the start."""
        with self._lock:
            return dict(self._refused)

    def values(self) -> dict[str, object]:
        """Both for `/diagnostics`."""
        bugs, refused = self.bugs(), self.refused()
        return {
            "faults": sum(bugs.values()),
            **{f"faults, {kind}": bugs[kind] for kind in sorted(bugs)},
            **{f"ignored at {where}": refused[where] for where in sorted(refused)},
        }
