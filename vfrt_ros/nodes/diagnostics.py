"""`/diagnostics` of the recognition node, once a second."""

from __future__ import annotations

import time
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.result import Result
from vfrt_ros.nodes.statistics import Statistics

PERIOD = 1.0
SILENCE = 2.0
"""Seconds without a recognition after which an active node is said to see nothing."""

StateOfWork = Callable[[], tuple[Recogniser | None, Result | None, bool]]


class DiagnosticsPublisher:
    """Publishes a status with what an operator asks first: does it see, how fast, and what went wrong."""

    def __init__(self, node: Node, statistics: Statistics, state: StateOfWork) -> None:
        self._node = node
        self._statistics = statistics
        self._state = state
        self._seen: tuple[int, float] = (0, time.monotonic())
        self._publisher = node.create_publisher(DiagnosticArray, names.DIAGNOSTICS, qos.diagnostics())
        node.create_timer(PERIOD, self._publish)

    def _publish(self) -> None:
        message = DiagnosticArray(status=[self.status(time.monotonic())])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)

    def status(self, now: float) -> DiagnosticStatus:
        """The status at `now`, seconds of the monotonic clock."""
        recogniser, result, active = self._state()
        recognised, unknown, refused = self._statistics.snapshot()
        if recognised != self._seen[0]:
            self._seen = (recognised, now)
        silent = now - self._seen[1]
        level, message = _judge(active, silent, refused)
        values: dict[str, object] = {
            "recognitions": recognised,
            "unknown [%]": round(100 * unknown / recognised, 1) if recognised else 0.0,
            "seconds since the last recognition [s]": round(silent, 1),
            **{f"frames left out: {kind}": count for kind, count in sorted(refused.items())},
        }
        if result is not None:
            values |= {
                "rate [Hz]": round(result.pace.fps, 1),
                "latency [ms]": round(1e3 * result.pace.latency, 1),
                "frames dropped for newer ones": result.dropped,
            }
        if recogniser is not None:
            values |= {
                "encoder": recogniser.encoders.note,
                "examples": len(recogniser.memory),
                "labels": len(recogniser.memory.labels),
                "memory version": recogniser.memory.version,
            }
        return DiagnosticStatus(
            level=level,
            name=f"{self._node.get_name()}: recognition",
            message=message,
            hardware_id="",
            values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
        )


def _judge(active: bool, silent: float, refused: dict[str, int]) -> tuple[bytes, str]:
    if any(kind.startswith("bug:") for kind in refused):
        return DiagnosticStatus.ERROR, "frames failed: see the log"
    if not active:
        return DiagnosticStatus.OK, "not active"
    if silent > SILENCE:
        return DiagnosticStatus.WARN, "no frames: is the camera running, and does its QoS fit?"
    if refused:
        return DiagnosticStatus.WARN, "some frames could not be used"
    return DiagnosticStatus.OK, "recognising"
