"""`/diagnostics` of the camera node, once a second."""

from __future__ import annotations

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from vfrt_ros.core.sources.health import Health
from vfrt_ros.core.sources.picture_watch import Sight
from vfrt_ros.nodes.faults import Faults, Recent, judge_faults
from vfrt_ros.nodes.status import StatusPublisher, status_message

SLOW = 0.5
"""Share of the expected rate below which a source is slow."""
SLOW_S = 3.0


class CameraDiagnostics:
    """Publishes how the source does; tells the log when it becomes slow, and when it is no longer.

    Args:
        node: The camera node.
        faults: Of the node.
        health: Of the source; None while the node is not active.
    """

    def __init__(self, node: Node, faults: Faults, health: Callable[[], Health | None]) -> None:
        self._faults = faults
        self._faults_seen = Recent()
        self._health = health
        self._name = f"{node.get_name()}: source"
        self._log = node.get_logger()
        self._before: tuple[float, int] | None = None
        self._rate_below: float | None = None
        self._slow = False
        self._publisher = StatusPublisher(node, self.status)

    def status(self, now: float) -> DiagnosticStatus:
        """The status at `now`, seconds of the monotonic clock; the rate is that since the last call."""
        health = self._health()
        faults = self._faults_seen.of(self._faults.bugs(), now)
        if health is None:
            self._before = self._rate_below = None
            self._slow = False
            level, message = judge_faults(faults) or (DiagnosticStatus.OK, "not active")
            return status_message(level, self._name, message, self._faults.values())
        rate = self._rate(health, now)
        if rate is not None:
            self._note_rate(health, rate, now)
        level, message = judge_faults(faults) or _judge(health, self._slow)
        values: dict[str, object] = {
            "source": health.name,
            "rate [Hz]": "not yet known" if rate is None else round(rate, 1),
            "expected rate [Hz]": round(health.fps, 1),
            "frames": health.frames,
            "reopenings": health.reopenings,
            "pictures": health.sight.value,
            "lost for [s]": round(health.lost_for or 0.0, 1),
            **self._faults.values(),
        }
        return status_message(level, self._name, message, values, health.name)

    def _rate(self, health: Health, now: float) -> float | None:
        before, self._before = self._before, (now, health.frames)
        if before is None or now <= before[0]:
            return None
        return (health.frames - before[1]) / (now - before[0])

    def _note_rate(self, health: Health, rate: float, now: float) -> None:
        below = rate < SLOW * health.fps and health.lost_for is None and not health.ended
        self._rate_below = (self._rate_below if self._rate_below is not None else now) if below else None
        slow = self._rate_below is not None and now - self._rate_below >= SLOW_S
        if slow and not self._slow:
            self._log.warning(
                f"The {health.name} gives {rate:.1f} frames a second where {health.fps:g} are expected."
            )
        elif self._slow and not below:
            self._log.info(f"The {health.name} gives {rate:.1f} frames a second again.")
        self._slow = slow


def _judge(health: Health, slow: bool) -> tuple[bytes, str]:
    if health.lost_for is not None:
        return (
            DiagnosticStatus.ERROR,
            f"no frames for {health.lost_for:.0f} s: see the log; it is tried again",
        )
    if health.ended:
        return DiagnosticStatus.WARN, "the source has come to its end"
    if health.sight is Sight.FROZEN:
        return DiagnosticStatus.ERROR, "the picture is frozen"
    if health.sight is Sight.BLACK:
        return DiagnosticStatus.WARN, "the picture is black"
    if slow:
        return DiagnosticStatus.WARN, "the source is slower than expected"
    return DiagnosticStatus.OK, "publishing"
