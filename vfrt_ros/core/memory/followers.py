# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Those who follow the changes of a memory: asked before a change is made, told when it is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from vfrt_ros.core.types.example import Step

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Follower:
    """One who follows.

    Attributes:
        follow: Called with each step that was made; it cannot refuse it any more.
        check: Called with each step before it is made; what it raises refuses the step, and nothing changes.
        rebuild: Called where `follow` failed; brings the follower to the state of the memory as it is.
    """

    follow: Callable[[Step], None]
    check: Callable[[Step], None] | None = None
    rebuild: Callable[[], None] | None = None


class Followers:
    """All who follow one memory.

    Attributes:
        faults: How often one of them failed after a change was made; the change stood all the same.
    """

    def __init__(self) -> None:
        self.faults = 0
        self._all: list[Follower] = []

    def add(self, follower: Follower) -> None:
        """Have it follow from now on.

        Args:
            follower: Is asked and told from now on.
        """
        self._all.append(follower)

    def check(self, step: Step) -> None:
        """Ask all of them; the first refusal is raised.

        Args:
            step: To be made.
        """
        for follower in self._all:
            if follower.check is not None:
                follower.check(step)

    def tell(self, step: Step) -> None:
        """Tell all of them; a fault in one is logged, counted, and cured by rebuilding. It raises nothing.

        Args:
            step: That was made.
        """
        for follower in self._all:
            try:
                follower.follow(step)
            except Exception:
                self.survived(f"what follows the change '{step.what}'")
                self._rebuild(follower)

    def survived(self, where: str) -> None:
        """Log and count the exception that is handled now.

        Args:
            where: In what the fault was, in words.
        """
        self.faults += 1
        _log.exception("A fault in %s; the change stands, and what failed is built anew.", where)

    def _rebuild(self, follower: Follower) -> None:
        if follower.rebuild is None:
            return
        try:
            follower.rebuild()
        except Exception:
            self.survived("building anew what follows the memory")
