# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`/diagnostics` of the camera node, once a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from vfrt_ros.core.sources.health import Health
from vfrt_ros.core.sources.picture_watch import Sight
from vfrt_ros.nodes.faults import Faults, Recent, judge_faults
from vfrt_ros.nodes.loss_values import NODE
from vfrt_ros.nodes.status import StatusPublisher, status_message


class Lasting:
    """Tells a state from a moment.

    Args:
        seconds: For which it has to hold.

    >>> slow = Lasting(3.0)
    >>> [slow.note(True, now) for now in (0.0, 2.9, 3.0, 4.0)]
    [False, False, True, False]
    >>> slow.is_true, slow.note(False, 5.0), slow.is_true
    (True, False, False)
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None
        self.is_true = False

    def note(self, holds: bool, now: float) -> bool:
        """Take in whether it holds at `now`; True when it has just lasted long enough."""
        before = self.is_true
        self._since = (now if self._since is None else self._since) if holds else None
        self.is_true = self._since is not None and (before or now - self._since >= self._seconds)
        return self.is_true and not before


SLOW = 0.5
"""Share of the expected rate below which a source is slow."""
SLOW_S = 3.0
KEEPING_UP = 0.9
"""Share of the frames read below which too few are published."""
PUBLISHED = "published"
FEWER = "a smaller size or a lower fps lets all of them be sent"
PERIODS = 4
"""Expected periods over which a rate is measured at least: at one frame in ten seconds, one second says nothing."""


class CameraDiagnostics:
    """Publishes how the source does; tells the log when it becomes slow, and when it is no longer.

    Args:
        node: The camera node.
        faults: Of the node.
        health: Of the source; None while the node is not active.
        published: Frames published since the start of the node.
    """

    def __init__(
        self,
        node: Node,
        faults: Faults,
        health: Callable[[], Health | None],
        published: Callable[[], int],
    ) -> None:
        self._faults = faults
        self._faults_seen = Recent()
        self._health = health
        self._name = f"{node.get_name()}: source"
        self._log = node.get_logger()
        self._counted: deque[tuple[float, int]] = deque()
        self._rate_below: float | None = None
        self._slow = False
        self._published = published
        self._sending = Sending()
        self._address = node.get_fully_qualified_name()
        self._publisher = StatusPublisher(node, lambda now: [self.status(now)])

    def status(self, now: float) -> DiagnosticStatus:
        """The status at `now`, seconds of the monotonic clock; the rate is that since the last call, or longer."""
        health = self._health()
        faults = self._faults_seen.of(self._faults.bugs(), now)
        sent: dict[str, object] = {NODE: self._address, PUBLISHED: self._published()}
        if health is None:
            self._sending = Sending()
            self._counted.clear()
            self._rate_below = None
            self._slow = False
            level, message = judge_faults(faults) or (DiagnosticStatus.OK, "not active")
            return status_message(level, self._name, message, sent | self._faults.values())
        rate = self._rate(health, now)
        if rate is not None:
            self._note_rate(health, rate, now)
        if self._sending.note(health.frames, self._published(), now):
            self._log.warning(f"Fewer frames of the {health.name} are published than read: {FEWER}.")
        level, message = judge_faults(faults) or _judge(health, self._slow, self._sending.is_behind)
        values: dict[str, object] = {
            "source": health.name,
            "rate [Hz]": "not yet known" if rate is None else _shown(rate),
            "expected rate [Hz]": _shown(health.fps),
            "publish rate [Hz]": "not yet known"
            if self._sending.rate is None
            else _shown(self._sending.rate),
            "frames": health.frames,
            "reopenings": health.reopenings,
            "pictures": health.sight.value,
            "lost for [s]": round(health.lost_for or 0.0, 1),
            **self._faults.values(),
        }
        return status_message(level, self._name, message, sent | values, health.name)

    def _rate(self, health: Health, now: float) -> float | None:
        """Frames per second since the last call, at slow sources over some periods; None = not yet known."""
        span = PERIODS / health.fps if health.fps else 0.0
        while len(self._counted) > 1 and now - self._counted[1][0] >= span:
            self._counted.popleft()
        self._counted.append((now, health.frames))
        then, frames = self._counted[0]
        if now <= then or now - then < span:
            return None
        return (health.frames - frames) / (now - then)

    def _note_rate(self, health: Health, rate: float, now: float) -> None:
        below = rate < SLOW * health.fps and health.lost_for is None and not health.ended
        self._rate_below = (self._rate_below if self._rate_below is not None else now) if below else None
        slow = self._rate_below is not None and now - self._rate_below >= SLOW_S
        if slow and not self._slow:
            self._log.warning(
                f"The {health.name} gives {_shown(rate)} frames a second where {health.fps:g} are expected."
            )
        elif self._slow and not below:
            self._log.info(f"The {health.name} gives {_shown(rate)} frames a second again.")
        self._slow = slow


class Sending:
    """Whether what is read is published as well."""

    def __init__(self) -> None:
        self._before: tuple[float, int, int] | None = None
        self._behind = Lasting(SLOW_S)
        self.rate: float | None = None

    @property
    def is_behind(self) -> bool:
        """Fewer frames have been published than read, for some seconds."""
        return self._behind.is_true

    def note(self, read: int, published: int, now: float) -> bool:
        """Take in both counts; True when it has just fallen behind."""
        before, self._before = self._before, (now, read, published)
        if before is None or now <= before[0]:
            return False
        self.rate = (published - before[2]) / (now - before[0])
        # One of them may be on its way.
        return self._behind.note(published - before[2] + 1 < KEEPING_UP * (read - before[1]), now)


def _shown(rate: float) -> float:
    """A rate with as many digits as say something: 29.8, 0.097."""
    return round(rate, 1) if rate >= 1 else float(f"{rate:.2g}")


def _judge(health: Health, slow: bool, is_behind: bool) -> tuple[bytes, str]:
    if health.lost_for is not None:
        return (
            DiagnosticStatus.ERROR,
            f"no frames for {health.lost_for:.0f} s: see the log; it is tried again",
        )
    if not health.frames:
        return DiagnosticStatus.WARN, "waiting for the first frame"
    if health.ended:
        return DiagnosticStatus.WARN, "the source has come to its end"
    if health.sight is Sight.FROZEN:
        return DiagnosticStatus.ERROR, "the picture is frozen"
    if health.sight is Sight.BLACK:
        return DiagnosticStatus.WARN, "the picture is black"
    if slow:
        return DiagnosticStatus.WARN, "the source is slower than expected"
    if is_behind:
        return DiagnosticStatus.WARN, f"fewer frames are published than read: {FEWER}"
    if health.stands_in:
        return DiagnosticStatus.WARN, "this is the demo: no camera was found, and one is looked for"
    return DiagnosticStatus.OK, "publishing"
